"""The ids of the claims that faults name. They are text: the experiments know nothing of the claims."""

from __future__ import annotations

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
IRNN_ESTIMATION = ("rin-2018/iterative-estimation/eq1/1-100/irnn", "rin-2018/iterative-estimation/late-variance-grows/irnn")
FASTER_PERMUTED = "rin-2018/pixel-mnist/rin-faster-than-irnn/permuted/1-100"
