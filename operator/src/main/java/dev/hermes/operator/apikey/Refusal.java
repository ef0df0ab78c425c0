package dev.hermes.operator.apikey;

import dev.hermes.crds.Reason;

/** Why a key is not given. */
record Refusal(Reason reason, String message) {}
