package dev.hermes.operator.provision;

/** A pod whose lease is over: it may go. */
public record EndedLease(String podUid, String namespace, String podName) {}
