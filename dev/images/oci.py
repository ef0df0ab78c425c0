#!/usr/bin/env python3
"""Writes a container image as a tar, without an engine or a registry. The same input gives the same bytes.

usage: oci.py --out FILE --name NAME [--config JSON] [--docker] LAYER...

A LAYER is a tar of a root file system (`tar:FILE`), or files put together (`files:DEST=SOURCE,DEST=SOURCE...`, where a
SOURCE of `dir:MODE` makes a folder and `link:TARGET` a symbolic link). --config is the OCI image's `config` object.
The tar is an OCI layout, or with --docker the docker-save form that jib reads as a base. Prints NAME@DIGEST.
With --from FILE the image is the one in that OCI layout, under the name given here; LAYERs come on top of it, and each
--argument=ARGUMENT right after the first word of its command.
"""

import argparse
import hashlib
import io
import json
import os
import tarfile


KIND = "application/vnd.oci.image."
BLOBS = "blobs/sha256/"


def plain(name):
    return name.removeprefix("./").strip("/")


def normal(member):
    """Leaves of a tar member only what belongs to an image."""
    member.mtime = 0
    member.uname = member.gname = ""
    member.pax_headers = {}
    member.name = plain(member.name)
    return member


def layer_of_tar(path):
    with tarfile.open(path) as source:
        members = {}
        for member in source.getmembers():
            if not (member.ischr() or member.isblk()):  # devices come from the runtime
                members[plain(member.name)] = member
        members.pop(".", None)
        blob = io.BytesIO()
        with tarfile.open(fileobj=blob, mode="w", format=tarfile.GNU_FORMAT) as out:
            # hard links last: their targets must come before them
            for name in sorted(members, key=lambda n: (members[n].islnk(), n)):
                member = members[name]
                content = source.extractfile(member) if member.isreg() else None
                if member.islnk():
                    member.linkname = plain(member.linkname)
                out.addfile(normal(member), content)
        return blob.getvalue()


def layer_of_files(spec):
    blob = io.BytesIO()
    with tarfile.open(fileobj=blob, mode="w", format=tarfile.GNU_FORMAT) as out:
        for entry in spec.split(","):
            name, _, source = entry.partition("=")
            member = tarfile.TarInfo(name.lstrip("/"))
            member.mode = 0o755
            if source.startswith("dir:"):
                member.type = tarfile.DIRTYPE
                mode, _, owner = source[4:].partition(":")
                member.mode = int(mode, 8)
                member.uid = member.gid = int(owner or 0)
                out.addfile(member)
            elif source.startswith("link:"):
                member.type, member.linkname = tarfile.SYMTYPE, source[5:]
                out.addfile(member)
            else:
                with open(source, "rb") as f:
                    member.size = os.fstat(f.fileno()).st_size
                    member.mode = 0o755 if os.access(source, os.X_OK) else 0o644
                    out.addfile(member, f)
    return blob.getvalue()


def digest(data):
    return hashlib.sha256(data).hexdigest()


def compact(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def write(path, entries):
    """Writes the archive beside its place and moves it there: whole or not at all."""
    with tarfile.open(path + ".part", "w", format=tarfile.GNU_FORMAT) as out:
        for name, data in entries:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            out.addfile(member, io.BytesIO(data))
    os.rename(path + ".part", path)


def pinned(name, manifest):
    return f"{name.rsplit(':', 1)[0]}@sha256:{manifest}"


def layout(name, manifest, size):
    """The two files that make blobs an OCI layout; the runtime will know the image by tag and by digest."""
    index = {
        "schemaVersion": 2,
        "manifests": [{
            "mediaType": KIND + "manifest.v1+json", "digest": "sha256:" + manifest, "size": size,
            "annotations": {"io.containerd.image.name": n},
            "platform": {"architecture": "amd64", "os": "linux"},
        } for n in (name, pinned(name, manifest))],
    }
    return [("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'), ("index.json", compact(index))]


def descriptor(kind, blob):
    return {"mediaType": KIND + kind, "digest": "sha256:" + digest(blob), "size": len(blob)}


def extend(name, source, target, layers, arguments):
    """Copies an OCI layout that another tool wrote, names the image in it, and adds to it."""
    with tarfile.open(source) as tar:
        files = {m.name: tar.extractfile(m).read() for m in tar.getmembers() if m.isreg()}

    def take(what):
        return files.pop(BLOBS + what["digest"].removeprefix("sha256:"))

    manifest = json.loads(take(json.loads(files["index.json"])["manifests"][0]))
    config = json.loads(take(manifest["config"]))
    config["config"]["Entrypoint"][1:1] = arguments
    config["rootfs"]["diff_ids"] += ["sha256:" + digest(layer) for layer in layers]
    config["history"] += [{"created": "1970-01-01T00:00:00Z", "created_by": "hermes dev/images"} for _ in layers]
    manifest["layers"] += [descriptor("layer.v1.tar", layer) for layer in layers]
    config = compact(config)
    manifest["config"] = descriptor("config.v1+json", config)
    manifest = compact(manifest)
    blobs = {n: files[n] for n in sorted(files) if n.startswith(BLOBS)}
    blobs.update({BLOBS + digest(b): b for b in [manifest, config] + layers})
    write(target, layout(name, digest(manifest), len(manifest)) + list(blobs.items()))
    print(pinned(name, digest(manifest)))


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--out", required=True)
    args.add_argument("--name", required=True)
    args.add_argument("--config", default="{}")
    args.add_argument("--docker", action="store_true")
    args.add_argument("--from", dest="source")
    args.add_argument("--argument", action="append", default=[])
    args.add_argument("layers", nargs="*", metavar="LAYER")
    args = args.parse_args()
    layers = []
    for layer in args.layers:
        kind, _, value = layer.partition(":")
        layers.append(layer_of_tar(value) if kind == "tar" else layer_of_files(value))
    if args.source:
        extend(args.name, args.source, args.out, layers, args.argument)
        return
    config = compact({
        "architecture": "amd64",
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": json.loads(args.config),
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest(l) for l in layers]},
        "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "hermes dev/images"} for _ in layers],
    })

    if args.docker:
        manifest = [{"Config": digest(config) + ".json", "RepoTags": [args.name],
                     "Layers": [digest(l) + ".tar" for l in layers]}]
        entries = [(digest(config) + ".json", config)] + [(digest(l) + ".tar", l) for l in layers]
        write(args.out, entries + [("manifest.json", compact(manifest))])
        print(f"{args.name}@sha256:{digest(config)}")
        return

    # not compressed: it is unpacked once, on this machine, and no compressor's version can change a digest
    manifest = compact({
        "schemaVersion": 2,
        "mediaType": KIND + "manifest.v1+json",
        "config": descriptor("config.v1+json", config),
        "layers": [descriptor("layer.v1.tar", l) for l in layers],
    })
    blobs = {digest(b): b for b in [manifest, config] + layers}
    write(args.out, layout(args.name, digest(manifest), len(manifest)) + [(BLOBS + d, b) for d, b in blobs.items()])
    print(pinned(args.name, digest(manifest)))


if __name__ == "__main__":
    main()
