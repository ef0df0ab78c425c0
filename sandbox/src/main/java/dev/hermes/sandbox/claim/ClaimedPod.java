package dev.hermes.sandbox.claim;

/** A Ready pod that is ours until its deadline. */
public record ClaimedPod(String name, String uid, String ip, String namespace) {}
