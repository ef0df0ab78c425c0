package dev.hermes.crds.sandboxpolicy;

import dev.hermes.crds.Names;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** What a sandbox may be and do; shared by the tenants that list it. Cluster-scoped. */
@Group(Names.GROUP)
@Version(Names.VERSION)
@Kind("SandboxPolicy")
@Plural("sandboxpolicies")
@ShortNames("sbp")
@AdditionalPrinterColumn(name = "Ready", jsonPath = ".status.conditions[?(@.type=='Ready')].status")
@AdditionalPrinterColumn(
    name = "Reason",
    jsonPath = ".status.conditions[?(@.type=='Ready')].reason")
@AdditionalPrinterColumn(name = "Runtime", jsonPath = ".spec.runtimeClassName")
@AdditionalPrinterColumn(
    name = "Tenants",
    jsonPath = ".status.tenants",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Warm",
    jsonPath = ".status.warm",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Claimed",
    jsonPath = ".status.claimed",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
public class SandboxPolicy extends CustomResource<SandboxPolicySpec, SandboxPolicyStatus> {}
