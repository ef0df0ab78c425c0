package dev.hermes.crds.tenant;

import dev.hermes.crds.Names;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * A customer of the platform. Cluster-scoped; written by the platform team, reconciled by the
 * operator.
 */
@Group(Names.GROUP)
@Version(Names.VERSION)
@Kind("Tenant")
@ShortNames("tn")
@AdditionalPrinterColumn(name = "Ready", jsonPath = ".status.conditions[?(@.type=='Ready')].status")
@AdditionalPrinterColumn(
    name = "Reason",
    jsonPath = ".status.conditions[?(@.type=='Ready')].reason")
@AdditionalPrinterColumn(name = "Isolation", jsonPath = ".spec.database.isolation")
@AdditionalPrinterColumn(
    name = "Keys",
    jsonPath = ".status.keys.active",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Warm",
    jsonPath = ".status.sandboxes.warm",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Claimed",
    jsonPath = ".status.sandboxes.claimed",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Suspended",
    jsonPath = ".status.conditions[?(@.type=='Suspended')].status")
@AdditionalPrinterColumn(name = "Namespace", jsonPath = ".status.namespace", priority = 1)
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
public class Tenant extends CustomResource<TenantSpec, TenantStatus> {}
