"""The claims that must notice each planted fault.

The order is that of the kept tables, ``reference_results/planted_faults*.csv``. Nothing here plants anything: a fault is named as text, so
that the paper is read without torch.
"""

from __future__ import annotations

from claims.paper import FaultClaims

EQ13 = "rin-2018/formal/eq12-eq13"
UNTRAINED_IDENTITY = "rin-2018/formal/identity-is-not-trained"
SHIFTED_IRNN = "mechanism/formal/rin-is-shifted-irnn"
KEEPS_GRADIENT = "irnn-2015/formal/identity-keeps-gradient"
FORGETS = "irnn-2015/formal/scaled-identity-forgets"
BASELINE = "rin-2018/formal/baseline-mse"
PARAMETERS = ("rin-2018/formal/lstm-four-times-parameters/rin", "rin-2018/formal/lstm-four-times-parameters/irnn")
ADDING = ("rin-2018/adding/below-baseline/rin/T200", "rin-2018/adding/below-baseline/irnn/T200")
ADDING_LSTM = "rin-2018/adding/lstm-worst/T200"
RIN_BEATS_IRNN = "rin-2018/pixel-mnist/small-rin-beats-irnn/sequential/1-100"
RIN_BEATS_IRNN_PERMUTED = "rin-2018/pixel-mnist/small-rin-beats-irnn/permuted/1-100"
LSTM_WORST = "rin-2018/pixel-mnist/lstm-worst/sequential/1-100"
BABI = ("rin-2018/babi/rin-mean-beats/irnn", "rin-2018/babi/rin-mean-beats/lstm")
ESTIMATION = ("rin-2018/iterative-estimation/lstm-adding/eq3", "rin-2018/iterative-estimation/eq3/1-100/rin")

# Claims that networks trained at smoke size decide, each recorded as reproduced but for RAW_STATES, which is recorded as contradicted.
LEARNS_DIGITS = "rin-2018/robustness/plain-init-suffices/sequential"
LATE_GROWTH = "rin-2018/iterative-estimation/late-variance-grows/rin"
STEADY_STATES = "rin-2018/iterative-estimation/eq3/1-100/rin"
RAW_STATES = "rin-2018/iterative-estimation/eq1/1-100/rin/raw"
IRNN_LATE_GROWTH = "rin-2018/iterative-estimation/late-variance-grows/irnn"
LEARNS_PERMUTED = "rin-2018/robustness/plain-init-suffices/permuted"

FAULTS = (
    FaultClaims(
        fault="rin-without-identity",
        claims=(EQ13, UNTRAINED_IDENTITY, SHIFTED_IRNN, RIN_BEATS_IRNN),
        trained=(LEARNS_DIGITS, LATE_GROWTH, STEADY_STATES),
    ),
    FaultClaims(fault="identity-trained", claims=(UNTRAINED_IDENTITY, PARAMETERS[0])),
    FaultClaims(
        fault="identity-halved",
        claims=(EQ13, UNTRAINED_IDENTITY, SHIFTED_IRNN, RIN_BEATS_IRNN),
        trained=(LEARNS_DIGITS, LATE_GROWTH, STEADY_STATES),
    ),
    FaultClaims(fault="irnn-from-zeros", claims=(KEEPS_GRADIENT, FORGETS, RIN_BEATS_IRNN), trained=(IRNN_LATE_GROWTH,)),
    FaultClaims(fault="rin-and-irnn-swapped", claims=(EQ13, UNTRAINED_IDENTITY, KEEPS_GRADIENT, FORGETS, RIN_BEATS_IRNN)),
    FaultClaims(fault="irnn-is-a-rin", claims=(KEEPS_GRADIENT, FORGETS, RIN_BEATS_IRNN), trained=(RIN_BEATS_IRNN,)),
    FaultClaims(fault="tanh-for-relu", claims=(EQ13, UNTRAINED_IDENTITY, SHIFTED_IRNN, RIN_BEATS_IRNN), trained=(RAW_STATES,)),
    FaultClaims(fault="second-bias-trained", claims=(*PARAMETERS, UNTRAINED_IDENTITY)),
    FaultClaims(fault="bias-doubled", claims=(RIN_BEATS_IRNN, RIN_BEATS_IRNN_PERMUTED)),
    FaultClaims(fault="recurrent-weights-frozen", claims=(SHIFTED_IRNN, RIN_BEATS_IRNN), trained=(LATE_GROWTH,)),
    FaultClaims(
        fault="deviation-read-as-variance", claims=("rin-2018/formal/vanishing-gradient/rin", RIN_BEATS_IRNN), trained=(LEARNS_DIGITS,)
    ),
    FaultClaims(fault="one-transition", claims=("rin-2018/formal/dt-depth",)),
    FaultClaims(fault="lstm-without-carry", claims=(LSTM_WORST, ADDING_LSTM)),
    FaultClaims(fault="recurrent-gradient-transposed", claims=(RIN_BEATS_IRNN, RIN_BEATS_IRNN_PERMUTED)),
    FaultClaims(fault="compiled-rows-without-bias", claims=(RIN_BEATS_IRNN, RIN_BEATS_IRNN_PERMUTED)),
    FaultClaims(fault="compiled-bias-gradient-dropped", claims=(RIN_BEATS_IRNN, RIN_BEATS_IRNN_PERMUTED)),
    FaultClaims(fault="compiled-lstm-without-forget-bias", claims=(LSTM_WORST, ADDING_LSTM)),
    FaultClaims(fault="compiled-forget-gradient-dropped", claims=(LSTM_WORST, ADDING_LSTM)),
    FaultClaims(fault="three-markers", claims=ADDING),
    FaultClaims(fault="markers-in-one-half", claims=(*ADDING, ADDING_LSTM)),
    FaultClaims(
        fault="target-of-one-number",
        claims=(BASELINE, *ADDING),
        trained=(ADDING[0],),
        kept_because="one number varies by 1/12, two by 1/6, so always predicting its mean is below the baseline already",
    ),
    FaultClaims(fault="target-in-input", claims=ADDING),
    FaultClaims(fault="training-targets-doubled", claims=ADDING, trained=(ADDING[0],)),
    FaultClaims(fault="test-in-training", claims=(RIN_BEATS_IRNN, LSTM_WORST)),
    FaultClaims(fault="labels-shuffled", claims=(RIN_BEATS_IRNN, LSTM_WORST), trained=(LEARNS_DIGITS, LATE_GROWTH, STEADY_STATES)),
    FaultClaims(fault="labels-partly-wrong", claims=(RIN_BEATS_IRNN,)),
    FaultClaims(fault="nines-labelled-four", claims=(RIN_BEATS_IRNN,)),
    FaultClaims(fault="easy-test-digits", claims=(RIN_BEATS_IRNN, LSTM_WORST)),
    FaultClaims(fault="other-order-on-test", claims=(RIN_BEATS_IRNN_PERMUTED,)),
    FaultClaims(fault="new-order-every-batch", claims=(RIN_BEATS_IRNN_PERMUTED,)),
    FaultClaims(
        fault="new-order-every-epoch",
        claims=(RIN_BEATS_IRNN_PERMUTED,),
        trained=(LEARNS_PERMUTED,),
    ),
    FaultClaims(fault="other-order-on-long-test", claims=(RIN_BEATS_IRNN_PERMUTED,)),
    FaultClaims(
        fault="answers-shifted",
        claims=BABI,
        trained=(BABI[1],),
        kept_because="the claim compares two networks, and the RIN is ahead of the LSTM on the shifted answers too",
    ),
    FaultClaims(fault="question-dropped", claims=BABI),
    FaultClaims(fault="padding-read", claims=BABI),
    FaultClaims(fault="one-seed-for-all", claims=(*ADDING, RIN_BEATS_IRNN)),
    FaultClaims(fault="copies-of-one-run", claims=(*ADDING, RIN_BEATS_IRNN)),
    FaultClaims(fault="batch-size-tenth", claims=(LSTM_WORST, RIN_BEATS_IRNN)),
    FaultClaims(fault="epochs-tenth", claims=(*ADDING, RIN_BEATS_IRNN), trained=(ADDING[0], LEARNS_DIGITS)),
    FaultClaims(fault="clip-at-0.1", claims=ADDING),
    FaultClaims(fault="lstm-rate-tenfold", claims=(LSTM_WORST, ADDING_LSTM)),
    FaultClaims(fault="sgd-for-adam", claims=(*ADDING, *BABI), trained=(ADDING[0],)),
    FaultClaims(fault="rmsprop-decay-0.99", claims=(RIN_BEATS_IRNN, LSTM_WORST)),
    FaultClaims(fault="estimation-over-time", claims=ESTIMATION),
    FaultClaims(fault="estimation-at-step-1", claims=ESTIMATION),
    FaultClaims(fault="accuracy-on-training-set", claims=(RIN_BEATS_IRNN, LSTM_WORST)),
    FaultClaims(fault="best-checkpoint", claims=(*ADDING, LEARNS_DIGITS)),
    FaultClaims(fault="claims.papers.rin_2018.mistyped_tables:TABLE_1", claims=("rin-2018/tables/small-rin-beats-irnn/sequential/1-100",)),
    FaultClaims(fault="diverged-runs-dropped", claims=(ADDING[0],)),
    FaultClaims(fault="claims.papers.rin_2018.mistyped_tables:TABLE_3", claims=("rin-2018/tables/babi-means/rin",)),
    FaultClaims(fault="best-seed-for-all", claims=(ADDING[1],)),
    FaultClaims(fault="best-evaluation-for-level"),
    FaultClaims(fault="mean-state-read", claims=ADDING, trained=(ADDING[0],)),
    FaultClaims(fault="state-read-early", claims=ADDING, trained=(ADDING[0],)),
    FaultClaims(fault="rin-trained-twice-as-long", claims=(ADDING_LSTM, RIN_BEATS_IRNN), trained=(ADDING[0],)),
    FaultClaims(fault="early-stage-doubled", claims=("rin-2018/pixel-mnist/rin-faster-than-irnn/sequential/1-100",)),
    FaultClaims(fault="error-halved-for-rin", claims=(ADDING_LSTM,), trained=(ADDING[0],)),
    FaultClaims(fault="half-of-digits-scored", claims=(RIN_BEATS_IRNN, LSTM_WORST), trained=(LEARNS_DIGITS,)),
    FaultClaims(fault="curves-one-evaluation-late", claims=ADDING, trained=(ADDING[0],)),
    FaultClaims(fault="near-copy-of-a-run", claims=ADDING, trained=(ADDING[0],)),
)
