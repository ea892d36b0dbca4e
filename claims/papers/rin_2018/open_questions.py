"""The open questions of the RIN paper, with the reading chosen here.

Each comes with the evidence for it and the claims that rest on it.
"""

from __future__ import annotations

from importlib.resources import files

from claims.readings import Reading, comparisons
from reference_results.texts import text_of

__all__ = ["ADDENDUM", "MEASURED", "Reading"]

_FILE = "rin_2018/compared_readings.toml"
# What `python benchmarks/addendum.py` measured on pilot seeds, by the name of the question there.
MEASURED = comparisons(text_of(files("reference_results") / _FILE, _FILE), f"reference_results/{_FILE}")

NO_COMPARISON = "No comparison run."

# The claims a reading touches, by what their recipes train; a test holds these patterns against the registry.
TRAINED = (
    "rin-2018/adding/*",
    "rin-2018/pixel-mnist/*",
    "rin-2018/babi/*",
    "rin-2018/iterative-estimation/*",
    "rin-2018/robustness/*",
    "irnn-2015/adding/as-good-as-lstm/*",
    "irnn-2015/pixel-mnist/*",
    "mechanism/adding/*",
    "mechanism/pixel-mnist/*",
)
ADDING = (
    "rin-2018/adding/*",
    "rin-2018/iterative-estimation/lstm-adding/*",
    "rin-2018/robustness/faster-in-all-tasks*",
    "irnn-2015/adding/as-good-as-lstm/*",
    "mechanism/adding/*",
)
BABI = ("rin-2018/babi/*", "rin-2018/robustness/faster-in-all-tasks*")
PERMUTED = (
    "rin-2018/pixel-mnist/*permuted*",
    "rin-2018/robustness/plain-init-suffices/permuted",
    "rin-2018/robustness/faster-in-all-tasks*",
    "mechanism/pixel-mnist/*/permuted",
)
UNCLIPPED = (
    "rin-2018/pixel-mnist/*",
    "rin-2018/iterative-estimation/eq*",
    "rin-2018/iterative-estimation/variance-bounded/*",
    "rin-2018/iterative-estimation/late-variance-grows/*",
    "rin-2018/babi/*",
    "rin-2018/robustness/*",
    "irnn-2015/pixel-mnist/*",
    "mechanism/pixel-mnist/*",
)
LSTM = (
    "rin-2018/adding/lstm-*",
    "rin-2018/adding/relu-instability/*",
    "rin-2018/pixel-mnist/*lstm*",
    "rin-2018/pixel-mnist/table1*",
    "rin-2018/pixel-mnist/dt-faster/*",
    "rin-2018/pixel-mnist/dt-best/*",
    "rin-2018/iterative-estimation/*lstm*",
    "rin-2018/babi/*lstm*",
    "rin-2018/babi/table3-order",
    "rin-2018/robustness/*lstm*",
    "rin-2018/robustness/irnn-most-unstable",
    "irnn-2015/adding/as-good-as-lstm/*",
    "irnn-2015/pixel-mnist/lstm-worse*",
    "irnn-2015/language-model/*lstm*",
    "irnn-2015/speech/irnn-like-lstm*",
    "mechanism/*/scale-decides-lstm",
    "mechanism/pixel-mnist/rate-decides-worst/*",
)

STANDARD_RNN = (
    "irnn-2015/pixel-mnist/standard-rnn-fails/*",
    "irnn-2015/language-model/irnn-closer-to-lstm*",
    "irnn-2015/language-model/irnn-beats-tanh",
    "irnn-2015/speech/irnn-beats-tanh*",
)

ADDENDUM: tuple[Reading, ...] = (
    Reading(
        question="Is the 1e-3 of N(0, 1e-3) a standard deviation or a variance?",
        options=("standard deviation", "variance (standard deviation 0.0316)"),
        choice="standard deviation",
        evidence="Pilot, adding T = 200, Adam at lr 1e-3: read as a variance, the spectral radius of U is 0.32, and both networks "
        "overflow from the first step. At T = 40 neither does, and the wider start ends lower: it is the long sequences that decide.",
        claims=(*TRAINED, "rin-2018/formal/vanishing-gradient/*"),
        comparisons=MEASURED["initial-spread"],
    ),
    Reading(
        question='How are the two encoders\' outputs "concatenated together" in the bAbI network?',
        options=("the story's last state beside each question state", "the question's outputs after the story's, along time"),
        choice="the story's last state beside each question state",
        evidence="Pilot, task 1, 40 epochs, one seed, test accuracy RIN / LSTM: beside each state 50.7 / 51.6, along time "
        "44.4 / 49.3; the paper prints 51.9 / 50.3.",
        claims=BABI,
        comparisons=MEASURED["concatenated"],
    ),
    Reading(
        question='Does "gradient clipping value" bound the norm of the whole gradient or each of its entries?',
        options=("global norm at most 100", "each entry at most 100"),
        choice="global norm at most 100",
        evidence='The paper says "gradient clipping value". The norm is the stricter of the two: a gradient that it leaves alone has no '
        "entry above 100. It matters: at T = 40 networks clipped entry by entry end higher, or as high.",
        claims=ADDING,
        comparisons=MEASURED["clip"],
    ),
    Reading(
        question="Is the gradient clipped on pixel MNIST and bAbI too?",
        options=("no clipping", "clipping at 100 as for adding"),
        choice="no clipping",
        evidence="Sections 3.2 and 3.3 state their settings without it. It matters: at smoke size clipping costs a RIN about ten points on "
        "pixel MNIST. On the long bAbI tasks, asked after real seeds had diverged there, it raises a RIN's accuracy in most pilots and "
        "does not keep it from diverging; the choice stays as it was before those seeds.",
        claims=UNCLIPPED,
        comparisons=(*MEASURED["mnist-clip"], *MEASURED["babi-clip"]),
    ),
    Reading(
        question="Which decay and epsilon does RMSprop use, and Adam?",
        options=(
            "Keras of 2017: RMSprop decay 0.9, epsilon 1e-8 outside the root; Adam 0.9, 0.999, 1e-8",
            "torch: RMSprop decay 0.99",
            "TensorFlow of 2017: RMSprop decay 0.9, epsilon inside the root",
        ),
        choice="Keras of 2017: RMSprop decay 0.9, epsilon 1e-8 outside the root; Adam 0.9, 0.999, 1e-8",
        evidence="The paper names no library; its initialisers are the defaults of Keras. The pilots that kept the order of Table 1 at 196 "
        "steps used a decay of 0.9. It matters: with a decay of 0.99 both networks stay near chance at smoke size.",
        claims=TRAINED,
        comparisons=MEASURED["rmsprop"],
    ),
    Reading(
        question="Does the LSTM's forget gate start with bias 0, or 1 as Keras sets it by default?",
        options=("0", "1"),
        choice="0",
        evidence='Section 3.1: "Bias values for all networks are initialized to 0." It matters: with 1 an LSTM about doubles its '
        "accuracy at smoke size.",
        claims=LSTM,
        comparisons=MEASURED["forget-bias"],
    ),
    Reading(
        question="Are the LSTM's weights drawn gate by gate, or once for the four gates together?",
        options=("together, as Keras draws its kernels", "gate by gate"),
        choice="together, as Keras draws its kernels",
        evidence="Section 3.1 names Keras's two default initialisers. It matters: pilot, pixel MNIST of 196 steps, RMSprop 2e-4, batch 32, "
        "1,000 updates, one seed, test accuracy together / gate by gate: sequential 19.3 / 38.0, permuted 27.4 / 37.4; the paper "
        "prints 24.1 and 28.5 at full size.",
        claims=LSTM,
        comparisons=MEASURED["lstm-draw"],
    ),
    Reading(
        question='When has a network "converged" before its maximum number of epochs?',
        options=(
            "always the maximum number of epochs",
            "test loss not improved by 1 % over 30 evaluations, one an epoch",
            "stopped by hand on the training loss",
        ),
        choice="always the maximum number of epochs",
        evidence=f'{NO_COMPARISON} Fig. 5: "All models are trained up to 300 epochs." An early stop on the test loss would end a run that '
        "still waits at the adding problem's baseline, where the ReLU networks spend their first epochs.",
        claims=TRAINED,
    ),
    Reading(
        question="When has a run diverged?",
        options=(
            "when its loss, its gradient's norm or a test metric stops being finite in float32",
            "when its loss exceeds a stated level",
        ),
        choice="when its loss, its gradient's norm or a test metric stops being finite in float32",
        evidence=f"{NO_COMPARISON} The norm overflows near 2e19, before single entries do. The paper speaks of runs that failed without "
        "saying how that was seen; a finite run that stays at the baseline counts as failed by its metric.",
        claims=TRAINED,
    ),
    Reading(
        question="Which reading of its curves does the paper print: the last epoch, the best, or a mean over the last?",
        options=("last epoch", "mean over the last epochs", "best epoch on the test set", "best epoch on a validation set"),
        choice="last epoch",
        evidence=f"{NO_COMPARISON} The paper does not say, and mentions no validation set; the best test epoch would flatter the less "
        "stable network. A printed number stands beside all readings of our runs. Looked at after the choice: in the 58 cells of Table 3 "
        "of which no recorded run diverged, ours lie above the printed number by 6.2 points on average (last), 6.2 (mean over the last "
        "quarter) and 10.4 (best), so the best is no likelier. A comparison of two networks reads the mean over the last quarter, and "
        "needs no answer here.",
        claims=TRAINED,
    ),
    Reading(
        question="How are bAbI stories and questions of different lengths padded?",
        options=("on the right, read at the last real word", "on the left with a padding word that the network reads"),
        choice="on the right, read at the last real word",
        evidence=f"{NO_COMPARISON} So no state that is used has read padding.",
        claims=BABI,
    ),
    Reading(
        question="What do fewer bAbI epochs than the paper's 100 mean for its learning rates?",
        options=(
            "12 epochs (smoke) or 20 (compact): the IRNN's rate rises so that rate x epochs stays the paper's",
            "every rate is the paper's, however few the epochs",
            "every rate rises so that rate x epochs stays the paper's",
        ),
        choice="12 epochs (smoke) or 20 (compact): the IRNN's rate rises so that rate x epochs stays the paper's",
        evidence="Pilots, published files, one seed: RIN and LSTM at the paper's 1e-3 reach their plateau within 12 epochs, so their rate "
        "stays. The IRNN's 1e-4 does not: after 20 epochs 53.7 on task 4, and 67.0 at 5e-4, where rate x epochs is the paper's; tasks 1, "
        "15 and 18 differ less (47.3 / 47.2, 50.6 / 45.8, 91.0 / 91.2).",
        claims=BABI,
        comparisons=MEASURED["babi-rate"],
    ),
    Reading(
        question="Which LSTM state does the estimation error look at?",
        options=("memory cell state c", "output h"),
        choice="memory cell state c",
        evidence='Section 2.2: "in LSTM, ht represents the memory cell state". The output is measured beside it for comparison.',
        claims=("rin-2018/iterative-estimation/*lstm*",),
    ),
    Reading(
        question="Which permutation does permuted MNIST use?",
        options=("one uniform draw, stored with its checksum", "a new draw for every seed"),
        choice="one uniform draw, stored with its checksum",
        evidence=f'{NO_COMPARISON} The paper says "a fixed random index permutation" and does not print it.',
        claims=PERMUTED,
    ),
    Reading(
        question="How many seeds stand behind a printed number, and which?",
        options=("one run", "the best or the mean of several runs"),
        choice="one run",
        evidence="The paper prints no spread and no number of runs. Seeds here are 0, 1, 2 and so on; pilots used 10,000 and more and "
        "enter no verdict.",
        claims=("rin-2018/*",),
    ),
    Reading(
        question="Is dropout, or any other regularisation, used?",
        options=("none", "dropout"),
        choice="none",
        evidence='Sections 3.1 and 3.2 say "No explicit regularization". Section 3.3 is silent, and so is its network here.',
        claims=TRAINED,
    ),
    Reading(
        question="Are training data shuffled between epochs?",
        options=("shuffled every epoch", "read in a fixed order"),
        choice="shuffled every epoch",
        evidence=f"{NO_COMPARISON} The paper does not say; shuffling is the default of Keras.",
        claims=TRAINED,
    ),
    Reading(
        question="May the two marked positions of the adding problem lie anywhere, or one in each half?",
        options=("two distinct positions anywhere", "one in each half"),
        choice="two distinct positions anywhere",
        evidence=f'{NO_COMPARISON} Section 3.1: "two numbers are randomly selected from a long sequence".',
        claims=ADDING,
    ),
    Reading(
        question="Does a layer have one bias vector or, as in torch and cuDNN, two?",
        options=("one", "two"),
        choice="one",
        evidence="Eqs. 12-13 have one. A second trainable bias would double the bias step under RMSprop and Adam.",
        claims=(*TRAINED, "rin-2018/formal/lstm-four-times-parameters/*"),
    ),
    Reading(
        question="From which weights do the standard RNNs of the IRNN paper start?",
        options=("Glorot uniform W, orthogonal U, the defaults of Keras", "small Gaussian weights, N(0, 1e-3)"),
        choice="Glorot uniform W, orthogonal U, the defaults of Keras",
        evidence="The review says what the IRNN starts from and not what the standard RNNs do. An orthogonal U keeps the size of a state, "
        "so it is the stronger rival. It decides the claim at smoke size: from small weights without the identity both stay at chance.",
        claims=STANDARD_RNN,
        comparisons=MEASURED["standard-rnn-start"],
    ),
)
