#!/usr/bin/env python3
"""Turns the published OpenAPI of Kubernetes and CustomResourceDefinitions into JSON schemas that kubeconform reads.

usage: schemas.py SWAGGER CRD_FOLDER OUT_FOLDER
No network: kubeconform's own schemas would be fetched from the internet. Unknown fields become errors.
"""

import json
import pathlib
import subprocess
import sys


def crd_versions(folder):
    """Yields kind, group, version and schema of each version of each CRD."""
    for path in sorted(folder.glob("*.y*ml")):
        with path.open() as f:
            crd = json.loads(subprocess.run(["yaml2json"], stdin=f, capture_output=True, check=True).stdout)
        for version in crd["spec"]["versions"]:
            yield crd["spec"]["names"]["kind"], crd["spec"]["group"], version["name"], version["schema"]["openAPIV3Schema"]


def strict(schema):
    """Closes every object that lists its properties, and rewrites references to the file of definitions."""
    if not isinstance(schema, dict):
        return schema
    result = dict(schema)
    for key in ("properties", "definitions"):
        if key in result:
            result[key] = {name: strict(s) for name, s in result[key].items()}
    for key in ("items", "additionalProperties", "not"):
        if key in result:
            result[key] = strict(result[key])
    for key in ("allOf", "anyOf", "oneOf"):
        if key in result:
            result[key] = [strict(s) for s in result[key]]
    open_ended = "additionalProperties" in result or result.get("x-kubernetes-preserve-unknown-fields")
    if "properties" in result and not open_ended:
        result["additionalProperties"] = False
    if "$ref" in result:
        result["$ref"] = result["$ref"].replace("#/definitions/", "_definitions.json#/definitions/")
    if result.get("x-kubernetes-int-or-string") or result.get("format") == "int-or-string":
        result.pop("type", None)
    return result


def file_name(kind, group, version):
    prefix = group.split(".")[0] + "-" if group else ""
    return f"{kind}-{prefix}{version}.json".lower()


def main():
    swagger, crds, out = (pathlib.Path(p) for p in sys.argv[1:4])
    out.mkdir(parents=True, exist_ok=True)
    definitions = json.loads(swagger.read_text())["definitions"]
    definitions["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"]["properties"]["creationTimestamp"] = {}
    definitions["io.k8s.apimachinery.pkg.api.resource.Quantity"] = {"type": ["string", "number"]}
    (out / "_definitions.json").write_text(json.dumps(strict({"definitions": definitions})))
    for name, schema in definitions.items():
        for gvk in schema.get("x-kubernetes-group-version-kind", []):
            if "properties" in schema and "List" not in gvk["kind"]:
                (out / file_name(gvk["kind"], gvk["group"], gvk["version"])).write_text(
                    json.dumps({"$ref": f"_definitions.json#/definitions/{name}"}))
    meta = {"$ref": "_definitions.json#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}
    for kind, group, version, schema in crd_versions(crds):
        schema = strict(schema)
        schema["properties"].update({"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": meta})
        (out / file_name(kind, group, version)).write_text(json.dumps(schema))


if __name__ == "__main__":
    main()
