"""bAbI task 16, basic induction: the colour of an animal from the colour of another of its species."""

from __future__ import annotations

from numpy.random import Generator

from reproductions.tasks.babi import QuestionLine
from reproductions.tasks.babi_simulator.sampling import pick

NAMES = ("Bernhard", "Brian", "Greg", "Julius", "Lily")
SPECIES = ("frog", "lion", "rhino", "swan")
COLOURS = ("gray", "green", "white", "yellow")
# How many others share the species of the animal that is asked about. Two never do in the 2,000 published stories, where 340 would have
# two if that were allowed; one, three and four do as often as independent species give.
OTHERS_OF_THE_SPECIES = (1, 3, 4)


def story(rng: Generator) -> list[str | QuestionLine]:
    """Tell a species for each of five names and a colour for four, then ask the fifth's colour.

    The story is drawn again until the colour follows from it.
    """
    while True:
        species = {name: pick(SPECIES, rng) for name in NAMES}
        lines, animals, colours = _statements(species, rng)
        asked = next(name for name in NAMES if name not in colours)
        others = [name for name in animals if species[name] == species[asked] and name != asked]
        if len(others) in OTHERS_OF_THE_SPECIES:
            # of several others, all 219 published answers take the one whose species was stated last
            model = max(others, key=animals.__getitem__)
            colour, statement = colours[model]
            return [*lines, QuestionLine(f"What color is {asked}?", colour, (animals[asked], animals[model], statement))]


def _statements(species: dict[str, str], rng: Generator) -> tuple[list[str], dict[str, int], dict[str, tuple[str, int]]]:
    """Draw nine statements.

    Returns them with the positions of each species' statements by name, and the colours by name with the positions that state them. A name
    is drawn each time: first its species is stated, then its colour. A species keeps its colour until another animal of it is introduced,
    then it gets a new one: of the 2,043 published colours of a species that had one, 1,051 had to be kept, and all were.
    """
    lines: list[str] = []
    animals: dict[str, int] = {}
    colours: dict[str, tuple[str, int]] = {}
    current: dict[str, str] = {}  # species -> its colour
    while len(animals) + len(colours) < 2 * len(NAMES) - 1:
        name = pick(NAMES, rng)
        if name not in animals:
            current.pop(species[name], None)
            animals[name] = len(lines)
            lines.append(f"{name} is a {species[name]}.")
        elif name not in colours:
            colour = current.setdefault(species[name], pick(COLOURS, rng))
            colours[name] = colour, len(lines)
            lines.append(f"{name} is {colour}.")
    return lines, animals, colours
