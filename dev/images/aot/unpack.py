#!/usr/bin/env python3
"""Unpacks an OCI layout's image into a folder, and prints its command, one argument ended by NUL.

usage: unpack.py TAR FOLDER
"""

import io
import json
import sys
import tarfile


def main():
    source, folder = sys.argv[1:]
    with tarfile.open(source) as tar:
        def blob(descriptor):
            return tar.extractfile("blobs/" + descriptor["digest"].replace(":", "/")).read()

        index = json.load(tar.extractfile("index.json"))
        manifest = json.loads(blob(index["manifests"][0]))
        for layer in manifest["layers"]:
            with tarfile.open(fileobj=io.BytesIO(blob(layer))) as files:
                if any("/.wh." in "/" + name for name in files.getnames()):
                    sys.exit(f"{source}: a layer removes files, which is not understood here")
                # times and owners as in the image: a cache is bound to the times of its jars
                files.extractall(folder, numeric_owner=True, filter="fully_trusted")
        config = json.loads(blob(manifest["config"]))["config"]
    command = config.get("Entrypoint", []) + config.get("Cmd", [])
    sys.stdout.write("".join(argument + "\0" for argument in command))


if __name__ == "__main__":
    main()
