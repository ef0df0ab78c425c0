package dev.hermes.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The changes of a sandbox pod that rows 1 to 14 and 17 of docs/sandbox-admission.md refuse at its
 * creation.
 */
final class ForbiddenPods {
  private ForbiddenPods() {}

  /**
   * What is changed in a pod, and how the refusal starts; an empty text where another wall stands
   * in front.
   */
  record Row(String name, String expected, Consumer<ObjectNode> change) {}

  static List<Row> rows() {
    var rows = new ArrayList<Row>();
    rows.add(new Row("1 runtimeClassName absent", "[1]", p -> spec(p).remove("runtimeClassName")));
    rows.add(
        new Row(
            "1 runtimeClassName of another runtime",
            "",
            p -> spec(p).put("runtimeClassName", "runc")));
    rows.add(
        new Row(
            "2 image not allowed",
            "[2]",
            p -> container(p).put("image", "docker.io/library/busybox:latest")));
    rows.add(
        new Row(
            "3 second container",
            "[3]",
            p -> {
              var second = container(p).deepCopy();
              second.put("name", "second");
              second.remove("volumeMounts");
              p.withArray("/spec/containers").add(second);
            }));
    rows.add(
        new Row(
            "3 init container",
            "[3]",
            p -> {
              var init = container(p).deepCopy();
              init.put("name", "init");
              init.remove(List.of("startupProbe", "readinessProbe", "ports"));
              p.withArray("/spec/initContainers").add(init);
            }));
    rows.add(
        new Row(
            "4 another ServiceAccount",
            "[4]",
            p -> {
              spec(p).put("serviceAccountName", "default");
              spec(p).put("serviceAccount", "default");
            }));
    rows.add(
        new Row(
            "5 service-account token",
            "[5]",
            p -> spec(p).put("automountServiceAccountToken", true)));
    for (var volume :
        List.of(
            "{'name':'v','secret':{'secretName':'any'}}",
            "{'name':'v','configMap':{'name':'any'}}",
            "{'name':'v','persistentVolumeClaim':{'claimName':'any'}}",
            "{'name':'v','projected':{'sources':[{'serviceAccountToken':{'path':'token'}}]}}",
            "{'name':'v','csi':{'driver':'any'}}",
            "{'name':'v','emptyDir':{}}",
            "{'name':'v','downwardAPI':{'items':[{'path':'l','fieldRef':{'fieldPath':'metadata.labels'}}]}}")) {
      rows.add(
          new Row(
              "5 volume " + volume, "[5]", p -> p.withArray("/spec/volumes").add(json(volume))));
    }
    rows.add(
        new Row(
            "5 hostPath",
            "",
            p -> p.withArray("/spec/volumes").add(json("{'name':'v','hostPath':{'path':'/'}}"))));
    rows.add(
        new Row(
            "6 valueFrom",
            "[6]",
            p ->
                container(p)
                    .withArray("/env")
                    .add(
                        json(
                            "{'name':'X','valueFrom':{'secretKeyRef':{'name':'any','key':'k'}}}"))));
    rows.add(
        new Row(
            "6 envFrom",
            "[6]",
            p -> container(p).withArray("/envFrom").add(json("{'secretRef':{'name':'any'}}"))));
    rows.add(
        new Row(
            "7 imagePullSecrets",
            "[7]",
            p -> p.withArray("/spec/imagePullSecrets").add(json("{'name':'any'}"))));
    rows.add(new Row("8 nodeName", "[8]", p -> spec(p).put("nodeName", "hermes-dev")));
    rows.add(
        new Row(
            "8 nodeSelector",
            "[8]",
            p -> spec(p).set("nodeSelector", json("{'kubernetes.io/os':'linux'}"))));
    rows.add(
        new Row("8 affinity", "[8]", p -> spec(p).set("affinity", json("{'podAntiAffinity':{}}"))));
    rows.add(
        new Row(
            "8 toleration",
            "[8]",
            p -> p.withArray("/spec/tolerations").add(json("{'operator':'Exists'}"))));
    rows.add(new Row("9 hostNetwork", "[9]", p -> spec(p).put("hostNetwork", true)));
    rows.add(new Row("9 hostPID", "[9]", p -> spec(p).put("hostPID", true)));
    rows.add(new Row("9 hostIPC", "[9]", p -> spec(p).put("hostIPC", true)));
    rows.add(
        new Row(
            "9 hostPort",
            "[9]",
            p -> container(p).set("ports", json("[{'containerPort':49983,'hostPort':49983}]"))));
    rows.add(
        new Row(
            "9 probe host",
            "[9]",
            p ->
                container(p)
                    .set(
                        "livenessProbe",
                        json("{'httpGet':{'host':'198.18.0.2','port':10250,'path':'/'}}"))));
    rows.add(
        new Row(
            "10 privileged",
            "[10]",
            p -> {
              security(p).put("privileged", true);
              security(p).put("allowPrivilegeEscalation", true);
            }));
    rows.add(
        new Row(
            "10 added capability",
            "[10]",
            p -> security(p).set("capabilities", json("{'add':['NET_ADMIN'],'drop':['ALL']}"))));
    rows.add(
        new Row(
            "10 privilege escalation",
            "[10]",
            p -> security(p).put("allowPrivilegeEscalation", true)));
    rows.add(new Row("10 root uid", "[10]", p -> security(p).put("runAsUser", 0)));
    rows.add(
        new Row("10 writable root", "[10]", p -> security(p).put("readOnlyRootFilesystem", false)));
    rows.add(
        new Row(
            "11 sysctl",
            "[11]",
            p ->
                spec(p)
                    .withObject("/securityContext")
                    .set("sysctls", json("[{'name':'net.ipv4.ip_forward','value':'1'}]"))));
    rows.add(
        new Row(
            "11 procMount",
            "[11]",
            p -> {
              security(p).put("procMount", "Unmasked");
              spec(p).put("hostUsers", false);
            }));
    rows.add(
        new Row(
            "12 gVisor annotation", "[12]", p -> annotation(p, "dev.gvisor.flag.network", "host")));
    rows.add(
        new Row(
            "12 CRI annotation",
            "[12]",
            p -> annotation(p, "io.kubernetes.cri.untrusted-workload", "true")));
    rows.add(
        new Row(
            "12 seccomp unconfined",
            "[12]",
            p ->
                spec(p)
                    .withObject("/securityContext")
                    .set("seccompProfile", json("{'type':'Unconfined'}"))));
    rows.add(
        new Row(
            "12 AppArmor unconfined",
            "[12]",
            p ->
                spec(p)
                    .withObject("/securityContext")
                    .set("appArmorProfile", json("{'type':'Unconfined'}"))));
    rows.add(new Row("13 no limits", "[13]", p -> container(p).set("resources", json("{}"))));
    rows.add(new Row("13 too much memory", "[13]", p -> limits(p).put("memory", "64Gi")));
    rows.add(new Row("13 too much cpu", "[13]", p -> limits(p).put("cpu", "64")));
    rows.add(
        new Row(
            "14 claimed without a deadline",
            "[14]",
            p -> label(p, "hermes.dev/sandbox-state", "claimed")));
    rows.add(
        new Row("14 unknown state", "[14]", p -> label(p, "hermes.dev/sandbox-state", "free")));
    rows.add(
        new Row(
            "17 another tenant's label",
            "[17]",
            p -> label(p, "hermes.dev/tenant-id", "0198f5b2-0000-7000-8000-000000000000")));
    return rows;
  }

  /** The pod with something changed. */
  static Pod change(Pod good, Consumer<ObjectNode> change) {
    var tree = Serialization.jsonMapper().<ObjectNode>valueToTree(good);
    change.accept(tree);
    return Serialization.jsonMapper().convertValue(tree, Pod.class);
  }

  static ObjectNode spec(ObjectNode pod) {
    return pod.withObject("/spec");
  }

  static ObjectNode container(ObjectNode pod) {
    return (ObjectNode) pod.at("/spec/containers/0");
  }

  static ObjectNode security(ObjectNode pod) {
    return container(pod).withObject("/securityContext");
  }

  static ObjectNode limits(ObjectNode pod) {
    return container(pod).withObject("/resources/limits");
  }

  static void label(ObjectNode pod, String key, String value) {
    pod.withObject("/metadata/labels").put(key, value);
  }

  static void annotation(ObjectNode pod, String key, String value) {
    pod.withObject("/metadata/annotations").put(key, value);
  }

  static JsonNode json(String text) {
    try {
      return Serialization.jsonMapper().readTree(text.replace('\'', '"'));
    } catch (IOException e) {
      throw new IllegalArgumentException(text, e);
    }
  }
}
