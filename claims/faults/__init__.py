"""Does a planted fault change a verdict, or raise a guard?"""
