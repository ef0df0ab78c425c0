#!/usr/bin/env bash
# Runs a published client of OpenAI's API, pinned, with its program here.
# The packages are kept outside the tree; Python's are those of the end-to-end tests, Java's versions stand in the root pom.
# usage: sdk.sh python|javascript|langchain4j|spring-ai
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
clients=$here/../../../../e2e/clients
# shellcheck source=../../../../e2e/clients/venv.sh
source "$clients/venv.sh"

# On a class path of its own: a client as its users have it, and no library of it beside the API's.
run_java() { # PROGRAM GROUP:ARTIFACT:VERSION BOM_GROUP:BOM_ARTIFACT:VERSION
  local made
  made=$(jars "$(cut -d: -f2 <<<"$2")" "$(sha256sum <<<"$2 $3")" "$2" "$3")
  exec "$JAVA_HOME/bin/java" -cp "$made/*" "$here/$1"
}
version() { sed -n "s:.*<$1>\(.*\)</$1>.*:\1:p" "$here/../../../../pom.xml"; }

case $1 in
  python)
    made=$(venv openai-client "$(sha256sum "$clients/requirements.txt")" -r "$clients/requirements.txt")
    exec "$made/bin/python" "$here/openai_sdk.py"
    ;;
  javascript)
    package=openai@7.59.0
    made=$(modules openai-javascript "$(sha256sum <<<"$package")" "$package")
    run_node "$made" "$here/openai_sdk.mjs"
    ;;
  langchain4j)
    version=$(version langchain4j.version)
    run_java LangChain4j.java "dev.langchain4j:langchain4j-open-ai:$version" "dev.langchain4j:langchain4j-bom:$version"
    ;;
  spring-ai)
    # without Spring Boot's word the annotations would be older than what its Jackson 3 needs
    run_java SpringAi.java "org.springframework.ai:spring-ai-openai:$(version spring.ai.version)" \
      "org.springframework.boot:spring-boot-dependencies:$(version spring.boot.version)"
    ;;
  *) echo "usage: sdk.sh python|javascript|langchain4j|spring-ai" >&2 && exit 2 ;;
esac
