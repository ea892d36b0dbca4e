"""Print what the open question of this paper changes: its options, trained on pilot seeds, which enter no verdict."""

from indrnn_claims import adding

from reproductions.running import process
from reproductions.training import train
from reproductions.trials import PILOT_SEEDS_FROM, Trial

if __name__ == "__main__":
    process.prepare()
    for cell in ("indrnn.model:IndRNN", "indrnn.model:RememberingIndRNN"):
        for seed in range(PILOT_SEEDS_FROM, PILOT_SEEDS_FROM + 3):
            print(cell, seed, f"{train(Trial(adding(cell), seed)).metrics['test_mse']:.4g}")
