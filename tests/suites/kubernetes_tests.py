"""The ready manifests for Kubernetes: their structure, what they refer to, the rights that they ask for, and that the commands in them are commands.

Kubernetes' own schemas are not here: the fields below are those of the API reference (v1 Pod, apps/v1, monitoring.coreos.com/v1)."""
import copy, os, re, subprocess

from harness import LIBRARY, PUSHES, ROOT, TOOL, expect, needs, run, scratch

MANIFESTS = os.path.join(ROOT, "src/share/kubernetes")
NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")
CAPABILITIES = {"KILL", "SYS_PTRACE", "DAC_READ_SEARCH", "DAC_OVERRIDE"}
KINDS = {"Deployment": "apps/v1", "DaemonSet": "apps/v1", "ServiceAccount": "v1", "Service": "v1", "ServiceMonitor": "monitoring.coreos.com/v1"}
# What a field may hold: a type, a list of one shape, a table of shapes, or ... for a table of words.
ENV = {"name": str, "value": str}
MOUNT = {"name": str, "mountPath": str, "readOnly": bool}
PROBE = {"tcpSocket": {"port": str}, "periodSeconds": int}
SECURITY = {"runAsNonRoot": bool, "runAsUser": int, "allowPrivilegeEscalation": bool, "readOnlyRootFilesystem": bool,
            "capabilities": {"drop": [str], "add": [str]}, "seccompProfile": {"type": str}}
CONTAINER = {"name": str, "image": str, "command": [str], "env": [ENV], "volumeMounts": [MOUNT], "securityContext": SECURITY, "resources": {"requests": ..., "limits": ...},
             "ports": [{"name": str, "containerPort": int}], "readinessProbe": PROBE, "livenessProbe": PROBE}
VOLUME = {"name": str, "emptyDir": {"sizeLimit": str}, "secret": {"secretName": str, "defaultMode": int}}
POD = {"serviceAccountName": str, "automountServiceAccountToken": bool, "hostPID": bool, "initContainers": [CONTAINER], "containers": [CONTAINER], "volumes": [VOLUME]}
WORKLOAD = {"replicas": int, "selector": {"matchLabels": ...}, "template": {"metadata": {"labels": ...}, "spec": POD}}
SPECS = {"Deployment": WORKLOAD, "DaemonSet": {key: shape for key, shape in WORKLOAD.items() if key != "replicas"},
         "Service": {"clusterIP": str, "selector": ..., "ports": [{"name": str, "port": int, "targetPort": str}]},
         "ServiceMonitor": {"selector": {"matchLabels": ...}, "endpoints": [
             {"port": str, "path": str, "interval": str, "authorization": {"type": str, "credentials": {"name": str, "key": str}}}]}}


def check(shape, value, where):
    if shape is ...:
        expect(isinstance(value, dict) and all(isinstance(word, str) for word in value.values()), "%s: %r" % (where, value))
    elif isinstance(shape, dict):
        expect(isinstance(value, dict) and value and set(value) <= set(shape), "%s: %r" % (where, value))
        for key in value:
            check(shape[key], value[key], "%s.%s" % (where, key))
    elif isinstance(shape, list):
        expect(isinstance(value, list) and value, "%s: %r" % (where, value))
        for one in value:
            check(shape[0], one, where + "[]")
    else:
        expect(type(value) is shape, "%s: %r is no %s" % (where, value, shape.__name__))


def check_pod(workload):
    """What is mounted is there, names are names, and who is selected is who is made."""
    labels, pod = workload["template"]["metadata"]["labels"], workload["template"]["spec"]
    expect(workload["selector"]["matchLabels"].items() <= labels.items(), "the selector selects others")
    volumes = {volume["name"] for volume in pod["volumes"]}
    for container in pod.get("initContainers", []) + pod["containers"]:
        expect(NAME.match(container["name"]), container["name"])
        for mount in container.get("volumeMounts", []):
            expect(mount["name"] in volumes and mount["mountPath"].startswith("/"), "%r is no volume" % mount)
    expect({mount["name"] for container in pod.get("initContainers", []) + pod["containers"] for mount in container["volumeMounts"]} == volumes, "an unused volume")


def check_document(document):
    kind = document["kind"]
    expect(document["apiVersion"] == KINDS[kind], "%(apiVersion)s %(kind)s" % document)
    check({"name": str, "namespace": str, "labels": ...}, document["metadata"], kind)
    expect(NAME.match(document["metadata"]["name"]), document["metadata"]["name"])
    if kind in SPECS:
        check(SPECS[kind], document["spec"], kind)
        if "template" in document["spec"]:
            check_pod(document["spec"])


def load(name):
    import yaml
    with open(os.path.join(MANIFESTS, name)) as file:
        documents = list(yaml.safe_load_all(file))
    for document in documents:
        check_document(document)
    return {document["kind"]: document for document in documents}


def confined(container, capabilities):
    security = container["securityContext"]
    return (security["capabilities"]["drop"] == ["ALL"] and set(security["capabilities"].get("add", [])) == capabilities and not security["allowPrivilegeEscalation"]
            and security["readOnlyRootFilesystem"] and security["seccompProfile"]["type"] == "RuntimeDefault" and "memory" in container["resources"]["limits"])


@needs("python:yaml")
def test_serve_with_least_rights():
    found = load("serve.yaml")
    pod = found["DaemonSet"]["spec"]["template"]["spec"]
    serve, = pod["containers"]
    expect(confined(serve, CAPABILITIES) and pod["hostPID"] and not pod["automountServiceAccountToken"], "rights: %r" % serve["securityContext"])
    expect(pod["serviceAccountName"] == found["ServiceAccount"]["metadata"]["name"], "account")
    with open(os.path.join(ROOT, "src/share/systemd/leakwatch.service")) as file:
        unit = re.search("^CapabilityBoundingSet=(.*)$", file.read(), re.M).group(1).split()
    expect({"CAP_" + name for name in CAPABILITIES} == set(unit), "not the rights of the systemd unit: %s" % unit)
    # one port, one secret, one set of labels, from end to end
    secret, = [volume["secret"] for volume in pod["volumes"] if "secret" in volume]
    endpoint, = found["ServiceMonitor"]["spec"]["endpoints"]
    expect(endpoint["authorization"]["credentials"] == {"name": secret["secretName"], "key": "token"} and secret["defaultMode"] == 0o400, "token")
    port, = found["Service"]["spec"]["ports"]
    expect(port["targetPort"] == serve["ports"][0]["name"] and endpoint["port"] == port["name"] and port["port"] == serve["ports"][0]["containerPort"], "port")
    labels = found["DaemonSet"]["spec"]["template"]["metadata"]["labels"]
    expect(found["Service"]["spec"]["selector"] == labels, "Service")
    expect(found["ServiceMonitor"]["spec"]["selector"]["matchLabels"].items() <= found["Service"]["metadata"]["labels"].items(), "ServiceMonitor")


@needs("python:yaml")
def test_serve_takes_its_command():
    """As it stands there, but for the token, which it then misses, and says so."""
    command = load("serve.yaml")["DaemonSet"]["spec"]["template"]["spec"]["containers"][0]["command"]
    with scratch() as directory:
        token = os.path.join(directory, "token")
        result = run([TOOL] + [token if word == "/etc/leakwatch/token" else word for word in command[1:]])
        expect(command[0] == "leakwatch" and result.returncode == 2 and result.stderr.startswith("leakwatch: serve: --token %s: " % token), "%r" % result)


@needs("python:yaml", PUSHES)
def test_serve_takes_what_pushing_takes():
    """The lines that are comments: with them it is a manifest, and the options are options; with a fault in them they are none."""
    import yaml
    with open(os.path.join(MANIFESTS, "serve.yaml")) as file:
        text = file.read()
    lines = re.findall(r"^          # (args|env): (.*)$", text, re.M)
    more = {key: yaml.safe_load(value) for key, value in lines}
    expect(set(more) == {"args", "env"} and more["env"] == [{"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}], more)
    arguments = [word.replace("$(NODE)", "node-7") for word in more["args"]]
    expect(arguments[0] == "--push" and "host=node-7" in arguments, arguments)
    for words, status, told in (arguments, 1, "cannot listen at unix:/nowhere/x"), (["--push", arguments[1].replace("pyroscope=", "pyroscop=")] + arguments[2:], 2, "is neither"):
        result = run([TOOL, "serve", "--listen", "unix:/nowhere/x"] + words)
        expect(result.returncode == status and told in result.stderr, "%r" % result)


@needs("python:yaml")
def test_preload_by_a_volume():
    pod = load("preload.yaml")["Deployment"]["spec"]["template"]["spec"]
    copier, = pod["initContainers"]
    service, = pod["containers"]
    environment = {variable["name"]: variable["value"] for variable in service["env"]}
    expect(confined(copier, set()) and copier["securityContext"]["runAsNonRoot"], "rights")
    mounted = service["volumeMounts"][0]["mountPath"]
    expect(mounted == copier["volumeMounts"][0]["mountPath"] == environment["LD_LIBRARY_PATH"] and environment["LD_PRELOAD"] == mounted + "/libleakwatch.so", "paths")
    result = run(["sleep", "0"], env=dict(os.environ, LD_PRELOAD=LIBRARY, LEAKWATCH_OPTIONS=environment["LEAKWATCH_OPTIONS"]))
    expect(result.returncode == 0 and result.stderr == "", "options: %r" % result)
    # What the library loads, and what that needs besides libc, is copied.
    words = copier["command"][2].split()
    copied = {os.path.basename(word) for word in words[2:-1]}
    expect(words[:2] == ["cp", "-L"] and words[-1].rstrip("/") == mounted and "libleakwatch.so" in copied, "%s" % words)
    unwinder, = [word for word in words if "libunwind-x86_64" in word]
    if os.path.exists(unwinder):
        for name in re.findall(r"NEEDED.*\[(.*)\]", subprocess.run(["readelf", "-d", unwinder], capture_output=True, text=True).stdout):
            expect(name in copied or name in ("libc.so.6", "ld-linux-x86-64.so.2"), "%s is missing" % name)


@needs("python:yaml")
def test_what_is_wrong_is_found():
    """The negative twin: a manifest with a fault is none."""
    good = load("serve.yaml")["DaemonSet"]
    check_document(good)

    def pod(document):
        return document["spec"]["template"]["spec"]
    faults = [lambda one: pod(one)["volumes"].pop(), lambda one: pod(one).update(hostPid=True), lambda one: one.update(apiVersion="v1"),
              lambda one: one["spec"]["selector"].update(matchLabels={"app": "other"}), lambda one: pod(one)["containers"][0]["ports"][0].update(containerPort="6061"),
              lambda one: pod(one).update(containers=[]), lambda one: one["metadata"].update(name="Leakwatch_serve")]
    for number, fault in enumerate(faults):
        bad = copy.deepcopy(good)
        fault(bad)
        try:
            check_document(bad)
        except Exception:
            continue
        expect(False, "fault %d was not found" % number)
