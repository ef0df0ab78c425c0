package dev.hermes.operator.tenant;

/** Who the control API and the operator are: where they live and the account each one has. */
public record ApiIdentity(
    String systemNamespace, String apiServiceAccount, String operatorServiceAccount) {}
