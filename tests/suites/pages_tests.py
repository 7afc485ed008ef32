"""The page that format=html makes, opened in a browser and used."""
import os, re

from harness import BUILD, expect, scratch, watched
from browser import BROWSER, Keys, all_of, browser, one_of, press, window

SUITE = "slow"
NEEDS = BROWSER


def page_of(program, directory, *arguments, options="", **more):
    path = os.path.join(directory, os.path.basename(program) + ".html")
    result = watched([os.path.join(BUILD, "tests", program)] + list(arguments), options + ":format=html:log=" + path, **more)
    expect(result.stderr == "", result.stderr)
    words = open(path).read()
    expect(not re.search(r"(src|href)=|https?://(?!www\.w3\.org)|@import|fetch\(|XMLHttpRequest", words), "the page wants something from elsewhere")
    return "file://" + path


def page_of_only_thread(directory):
    path = os.path.join(directory, "only.html")
    watched(["timeout", "-s", "KILL", "2", os.path.join(BUILD, "tests/short_wait_group")], "program=short_wait_group:stall=200ms:format=html:log=" + path)
    return "file://" + path


def names(driver, selector):
    return [element.text for element in all_of(driver, selector)]


def edges_of(driver, selector):
    return [(edge.get_attribute("data-from"), edge.get_attribute("data-to")) for edge in all_of(driver, selector)]


def is_one_cycle(edges, length):
    follow, at = dict(edges), edges[0][0]
    for steps in range(1, length + 1):
        at = follow[at]
        if at == edges[0][0]:
            return steps == length == len(edges)
    return False


def test_html_of_a_chain():
    """How something live comes to what a thread waits for, or who alone knows it, drawn as a row of boxes."""
    with scratch() as directory, browser() as driver:
        for program, wanted in (("stream_abandoned", ["reachable from", "numbers\nblock of \\d+ bytes$"]), ("timed_out_caller", ["unreachable, known only to", "the stack of .*\nblock of \\d+ bytes$"])):
            driver.get(page_of(program, directory, options="reach=1"))
            expect(wanted[0] in names(driver, ".facts dt"), names(driver, ".facts dt"))
            expect(re.match(wanted[1], one_of(driver, ".facts .chain").text), one_of(driver, ".facts .chain").text)
            boxes = [step.rect for step in all_of(driver, ".chain .step")]
            expect(len(boxes) == 2 and boxes[0]["x"] + boxes[0]["width"] + 10 < boxes[1]["x"] and boxes[0]["y"] == boxes[1]["y"], boxes)


def test_html_of_a_deadlock():
    with scratch() as directory, browser() as driver:
        driver.get(page_of("lock_ring", directory))
        expect("8 leaked threads" in one_of(driver, ".summary").text and "1 deadlock" in one_of(driver, ".summary").text, one_of(driver, ".summary").text)
        # before all else: the cycle, drawn with its five threads and the three behind them, and told
        one_of(driver, ".problem svg .node")
        expect(one_of(driver, ".problem h2").text == "Deadlock: 5 threads wait for each other", one_of(driver, ".problem h2").text)
        expect(one_of(driver, ".lead").text == "3 more threads wait behind them and can never go on either.", one_of(driver, ".lead").text)
        drawn = names(driver, ".problem svg .node.stuck")
        expect(len(drawn) == 5 and sorted(words.split("\n")[0] for words in drawn) == ["eater-%d" % i for i in range(5)], drawn)
        expect(len(all_of(driver, ".problem svg .node")) == 8 and len(all_of(driver, ".problem svg .edge")) == 8, "three more hang off it")
        expect(all(re.search(r"mutex lock: fork_at(\+\d+)?\neats lock_ring\.c:48$", words) for words in drawn), drawn)
        expect(is_one_cycle(edges_of(driver, ".problem svg .edge.stuck"), 5), edges_of(driver, ".problem svg .edge.stuck"))
        told = names(driver, ".told li")
        expect(len(told) == 5 and re.match(r"eater-0\s\d+\s[0-9.]+s\nwaits in\nmutex lock for fork_at\+40 \(0x[0-9a-f]+\)\nat\neats lock_ring\.c:48\spthread_mutex_lock\(&fork_at\[second\]\);\n"
                                           r"held by\neater-1 \(\d+\)\ntaken at\neats lock_ring\.c:44\spthread_mutex_lock\(&fork_at\[first\]\);$", told[0]), told)
        above = driver.execute_script("return document.querySelector('.problem').getBoundingClientRect().bottom < document.querySelector('.group').getBoundingClientRect().top")
        expect(above, "it stands above the groups")
        # the worst group is open, and no other; its creation stack stands beside the other, with lines of source
        groups = names(driver, ".group > button")
        expect(len(groups) == 4 and re.match(r"5\nmutex lock, [0-9.]+s\ndeadlock\neats lock_ring\.c:\d+\nheld by .*in a cycle of 5 threads$", groups[0]), groups)
        expect([button.get_attribute("aria-expanded") for button in all_of(driver, ".group > button")] == ["true", "false", "false", "false"], "which are open")
        inside = one_of(driver, ".inside").text
        for words in ("#0\npthread_mutex_lock", "waiting on", "fork_at+40", "Created by lock_ring", "eater-3", "its owner took it at"):
            expect(words in inside, words + "\n" + inside)
        stacks = [list.rect for list in all_of(driver, ".inside .frames")]
        expect(len(stacks) == 2 and stacks[0]["y"] == stacks[1]["y"] and stacks[0]["x"] + stacks[0]["width"] < stacks[1]["x"], stacks)
        expect([" ".join(words.split()) for words in names(driver, ".inside .source .at")]
               == ["48 pthread_mutex_lock(&fork_at[second]);", "71 pthread_create(&thread[i], NULL, eats, (void *)i);"], names(driver, ".inside .source .at"))
        one_of(driver, ".inside .frames button[aria-expanded=true]").click()
        expect(len(all_of(driver, ".inside .source")) == 1, "a frame closes")
        bars = driver.execute_script("return [...document.querySelectorAll('.bar span')].map((bar) => bar.getBoundingClientRect().width / bar.parentNode.getBoundingClientRect().width)")
        expect(abs(bars[0] - 1) < .01 and all(abs(bar - .2) < .01 for bar in bars[1:]), "five to one: %s" % bars)
        # search, by keyboard alone
        driver.execute_script("document.activeElement.blur()")
        one_of(driver, "body").send_keys("/")
        press(driver, "wants_fork")
        expect(len(all_of(driver, ".group")) == 2 and "2 groups, 2 threads" in one_of(driver, "[role=status]").text, names(driver, ".group"))
        press(driver, Keys.BACKSPACE * 10 + "no such thing")
        expect(len(all_of(driver, ".group")) == 0, "nothing matches")
        press(driver, Keys.BACKSPACE * 13)
        # one verdict alone, and all again
        one_of(driver, "[data-verdict=stranded]").send_keys(Keys.ENTER)
        expect(len(all_of(driver, ".group")) == 3, "those that are stranded")
        press(driver, Keys.ENTER)
        expect(len(all_of(driver, ".group")) == 4, "all")
        # from a thread of the picture to its group
        node = one_of(driver, ".problem svg .node.stuck")
        tid = node.get_attribute("data-tid")
        node.send_keys(Keys.ENTER)
        expect(one_of(driver, "input[type=search]").get_attribute("value") == tid and len(all_of(driver, ".group")) >= 1, "from a node to its group")
        one_of(driver, "[data-tab=groups]").send_keys(Keys.ARROW_RIGHT)
        expect(one_of(driver, "[data-tab=blocked]").get_attribute("aria-selected") == "true", "arrow keys")


def test_html_of_other_deadlocks():
    """An owner that has ended, and nobody left: each is drawn and told as what it is."""
    with scratch() as directory, browser() as driver:
        driver.get(page_of("owner_gone", directory))
        one_of(driver, ".problem svg .node")
        titles = sorted(names(driver, ".problem h2"))
        expect(len(titles) == 2 and all(re.match(r"Deadlock: 1 thread waits for %s \(0x[0-9a-f]+\), whose owner has ended$" % lock, title)
                                        for lock, title in zip(("kept", "left"), titles)), titles)
        absent = names(driver, ".problem svg .node.absent")
        expect(len(absent) == 2 and all(re.match(r"(careless|cancelled)\n\d+\nended [0-9.]+s ago$", words) for words in absent), absent)
        told = names(driver, ".told li")
        expect(len(told) == 2 and all(re.search(r"held by\n(careless|cancelled) \(\d+\), which ended [0-9.]+s ago\ntaken at\n\w+ owner_gone\.c:\d+\spthread_mutex_lock", words) for words in told), told)
        expect("was created by" in one_of(driver, ".problem .note").text, "who made the owner")
        expect("forgetful" in one_of(driver, ".warning").text and "left locked" in one_of(driver, ".warning").text, "a lock that nobody waits for")
        for again in range(4):  # on a busy machine a thread may have run while it was looked at: then nothing is proved
            os.mkdir(os.path.join(directory, str(again)))
            driver.get(page_of("nobody_left", os.path.join(directory, str(again))))
            if one_of(driver, ".problem h2").text.startswith("Deadlock"):
                break
        one_of(driver, ".problem svg .node")
        expect(one_of(driver, ".problem h2").text == "Deadlock: all threads are asleep, and only they could wake each other", one_of(driver, ".problem h2").text)
        expect(sorted(words.split("\n")[0] for words in names(driver, ".problem svg .node")) == ["nobody", "nobody_left", "worker"], names(driver, ".problem svg .node"))
        expect(len(all_of(driver, ".told li")) == 2, "both are told of")
        driver.get(page_of_only_thread(directory))
        one_of(driver, ".problem svg .node")
        expect(one_of(driver, ".problem h2").text == "Deadlock: the only thread is asleep, and only itself could wake it", one_of(driver, ".problem h2").text)
        expect(one_of(driver, ".problem .legend").text == "It waits for what only itself could give.", one_of(driver, ".problem .legend").text)


def test_html_of_a_leak():
    """Without a deadlock the worst group comes first: who creates the threads, where they wait, and what for."""
    with scratch() as directory, browser() as driver:
        driver.get(page_of("leak_per_request", directory))
        one_of(driver, ".problem svg .node")
        expect(re.match(r"20 leaked threads, blocked in cond wait for [0-9.]+s$", one_of(driver, ".problem h2").text), one_of(driver, ".problem h2").text)
        boxes = {words.split("\n")[0]: words for words in names(driver, ".problem svg .node")}
        expect(sorted(boxes) == ["20 threads", "answer", "backend"] and "never" in boxes["backend"], boxes)
        words = one_of(driver, ".problem dl").text
        for wanted in ("waits_for_backend leak_per_request.c:", "pthread_cond_wait(&backend, &mutex);", "answer leak_per_request.c:", "this condition was never signalled"):
            expect(wanted in words, words)
        expect(len(all_of(driver, ".inside tbody tr")) == 8, "some threads at first")
        one_of(driver, ".inside .more").click()
        expect(len(all_of(driver, ".inside tbody tr")) == 20, "and all on demand")
        driver.get(page_of("unjoined", directory))
        expect(one_of(driver, ".problem h2").text == "10 threads ended and were never joined", one_of(driver, ".problem h2").text)
        expect("80.0 MiB" in one_of(driver, ".problem dl").text, one_of(driver, ".problem dl").text)


# What is wrong with the pictures of a page: boxes that lie on each other or outside, text that is made smaller than it should be or does
# not fit, arrows that miss their box.
DRAWN = """
const wrong = [];
for (const svg of document.querySelectorAll('svg.waits')) {
  const frame = svg.getBoundingClientRect(), boxes = [...svg.querySelectorAll('.node rect')].map((rect) => rect.getBoundingClientRect());
  if (frame.width < 0.99 * svg.viewBox.baseVal.width) wrong.push(`scaled to ${frame.width / svg.viewBox.baseVal.width}`);
  boxes.forEach((a, i) => {
    if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 || a.bottom > frame.bottom + 1) wrong.push('a box is outside');
    if (boxes.some((b, k) => k > i && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)) wrong.push('boxes lie on each other');
  });
  for (const text of svg.querySelectorAll('text')) {
    const words = text.getBoundingClientRect(), box = text.parentNode.querySelector('rect').getBoundingClientRect();
    if (words.left < box.left || words.right > box.right) wrong.push(`words stand out: ${text.textContent}`);
  }
  for (const edge of svg.querySelectorAll('.edge')) {
    const end = edge.getPointAtLength(edge.getTotalLength()), at = new DOMPoint(end.x, end.y).matrixTransform(svg.getScreenCTM());
    const to = svg.querySelector(`[data-tid='${edge.dataset.to}'] rect`);
    if (!to) continue;
    const box = to.getBoundingClientRect();
    if (at.x < box.left - 6 || at.x > box.right + 6 || at.y < box.top - 6 || at.y > box.bottom + 6) wrong.push(`an arrow to ${edge.dataset.to} misses it`);
  }
}
"""

# Shows reports of cycles of 1 to 14 threads, with a chain of so many others behind one of them; gives what is wrong, and what is drawn.
RINGS = """
const done = arguments[0];
const report = (count, behind) => {
  const tids = [...Array(count + behind).keys()].map((i) => 1000 + i);
  const nodes = Object.fromEntries(tids.map((tid, i) => [tid, {name: `thread-${i}`, wait: 'mutex lock', seconds: 3 * i, object: `lock_${i} (0x55550000)`, place: 0}]));
  const edges = tids.map((from, i) => ({from, to: i < count ? tids[(i + 1) % count] : i === count ? tids[0] : tids[i - 1], relation: 'holds', taken: 0}));
  return {program: 'ring', pid: 1, summary: '', left_locked: '', time_ms: 0, uptime: 1, judges: true, counts: {threads: 1, created: 1},
    frames: [{function: 'locks', file: 'a.c', line: 1, module: 'a', offset: '0x1'}], sources: {}, groups: [],
    graph: {nodes, edges}, deadlocks: [{drawn: 'ring', title: '', threads: tids.slice(0, count)}]};
};
const look = () => { DRAWN return wrong; };
const shown = [];
(async () => {
  for (let count = 1; count <= 14; count++)
    for (const behind of [0, 1, 3]) {
      leakwatch.show(document.getElementById('report'), report(count, behind));
      while (!document.querySelector('svg.waits')) await new Promise((then) => setTimeout(then, 5));
      shown.push({count, behind, wrong: look(), stuck: document.querySelectorAll('.node.stuck').length, nodes: document.querySelectorAll('.node').length,
        edges: [...document.querySelectorAll('.edge.stuck')].map((edge) => [edge.dataset.from, edge.dataset.to])});
    }
  done(shown);
})();
""".replace("DRAWN", DRAWN)


def test_html_pictures():
    """Cycles of 1 to 14 threads with chains behind them can be read, in wide and narrow windows."""
    with scratch() as directory, browser() as driver:
        driver.get(page_of("unjoined", directory))
        driver.set_script_timeout(60)
        for width in (1600, 1300, 800, 400):
            window(driver, width)
            for one in driver.execute_async_script(RINGS):
                what = "%d threads, %d behind, %d px" % (one["count"], one["behind"], width)
                expect(not one["wrong"], "%s: %s" % (what, one["wrong"]))
                expect(one["stuck"] == min(one["count"], 12) and one["nodes"] == one["stuck"] + one["behind"], "%s: %s" % (what, one))
                expect(is_one_cycle([tuple(edge) for edge in one["edges"]], one["stuck"]), "%s: %s" % (what, one["edges"]))


# A thread that runs with a lock that six want, and two that wait for each other with a timeout: nothing is proved.
OTHERS = """
const node = (name, wait, object) => ({name, wait, seconds: 1, object, place: null});
const nodes = {1: node('keeper', 'running', null), 8: node('left', 'mutex lock', 'a'), 9: node('right', 'mutex lock', 'b')}, edges = [];
for (const tid of [2, 3, 4, 5, 6, 7]) { nodes[tid] = node(`wants-${tid}`, 'mutex lock', 'kept'); edges.push({from: tid, to: 1, relation: 'holds'}); }
edges.push({from: 8, to: 9, relation: 'holds'}, {from: 9, to: 8, relation: 'holds'});
leakwatch.show(document.getElementById('report'), {...JSON.parse(document.getElementById('data').textContent), graph: {nodes, edges}, deadlocks: []});
"""


def test_html_of_waits_that_are_no_deadlock():
    with scratch() as directory, browser() as driver:
        driver.get(page_of("unjoined", directory))
        expect(not all_of(driver, "[data-tab=graph]"), "nobody waits for anybody")
        driver.execute_script(OTHERS)
        one_of(driver, "[data-tab=graph]").click()
        one_of(driver, "[role=tabpanel] svg .node")
        boxes = sorted(words.split("\n")[0] for words in names(driver, "[role=tabpanel] svg .node"))
        expect(boxes == ["6 threads", "keeper", "left", "right"] and not all_of(driver, "[role=tabpanel] .stuck:not(marker)"), boxes)
        expect(sorted(edges_of(driver, "[role=tabpanel] svg .edge")) == [("8", "9"), ("9", "8"), ("behind 1", "1")], edges_of(driver, "[role=tabpanel] svg .edge"))


# Text whose colour is too near to what it stands on (WCAG: 4.5 to 1).
PALE = """
const channel = (value) => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const parse = (color) => color.match(/[\\d.]+/g).map(Number);
const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const ground = (element) => {
  for (; element; element = element.parentElement) {
    const rect = element.tagName === 'g' && element.querySelector(':scope > rect');
    const color = parse(rect ? getComputedStyle(rect).fill : getComputedStyle(element).backgroundColor);
    if (color[3] !== 0) return color;
  }
  return [255, 255, 255];
};
const pale = new Set();
for (const element of document.querySelectorAll('body *')) {
  if (!element.getClientRects().length || ![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
  const style = getComputedStyle(element), a = light(parse(element.tagName === 'text' ? style.fill : style.color)), b = light(ground(element));
  const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (contrast < 4.5) pale.add(`${element.tagName}.${element.className.baseVal ?? element.className} ${contrast.toFixed(1)}`);
}
return [...pale];
"""


def test_html_fits_and_can_be_read():
    """Nothing scrolls sideways and nothing is pale, at 1300 and 400 pixels, in both schemes."""
    with scratch() as directory, browser() as driver:
        grounds = set()
        for program in ("lock_ring", "owner_gone", "evidence"):
            address = page_of(program, directory)
            for width in (1300, 400):
                for scheme in ("light", "dark"):
                    window(driver, width, scheme)
                    driver.get(address)
                    one_of(driver, "svg.waits .node")
                    for button in all_of(driver, ".group > button[aria-expanded=false]"):
                        driver.execute_script("arguments[0].click()", button)
                    what = "%s, %d px, %s: " % (program, width, scheme)
                    scrolled = driver.execute_script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
                    expect(scrolled == 0, what + "scrolls sideways by %d" % scrolled)
                    wrong = driver.execute_script(DRAWN + "return wrong;")
                    expect(not wrong, what + str(wrong))
                    wrong = driver.execute_script(PALE)
                    expect(not wrong, what + str(wrong))
                    for tab in names(driver, "[role=tab]")[1:]:
                        [button] = [one for one in all_of(driver, "[role=tab]") if one.text == tab]
                        driver.execute_script("arguments[0].click()", button)
                        expect(driver.execute_script("return document.documentElement.scrollWidth <= document.documentElement.clientWidth"), what + tab)
                    grounds.add((scheme, driver.execute_script("return getComputedStyle(document.body).backgroundColor")))
        expect(len(grounds) == 2, "a scheme is one colour, and the two differ: %s" % grounds)


def test_html_flame_graphs_and_theme():
    with scratch() as directory, browser() as driver:
        driver.get(page_of("first_answer_wins", directory))
        one_of(driver, "[data-tab=blocked]").click()
        flames = {element.get_attribute("data-name"): int(element.get_attribute("data-count")) for element in all_of(driver, ".flame button")}
        expect(flames == {"all threads": 8, "replica": 8, "queue_send": 8, "pthread_cond_wait": 8}, flames)
        one_of(driver, ".flame [data-name=queue_send]").click()
        expect([element.get_attribute("data-name") for element in all_of(driver, ".flame button")] == ["queue_send", "pthread_cond_wait"], "one alone")
        press(driver, Keys.ESCAPE)
        one_of(driver, ".flame button").send_keys(Keys.ESCAPE)
        expect(len(all_of(driver, ".flame button")) == 4, "all again")
        one_of(driver, "[data-tab=created]").click()
        flames = {element.get_attribute("data-name"): int(element.get_attribute("data-count")) for element in all_of(driver, ".flame button")}
        expect(flames == {"all threads": 8, "main": 8, "ask_three": 8}, flames)
        ground = lambda: driver.execute_script("return getComputedStyle(document.body).backgroundColor")
        light = ground()
        one_of(driver, "[aria-label='dark or light']").click()
        dark = ground()
        one_of(driver, "[aria-label='dark or light']").click()
        expect(light != dark and ground() == light, "%s %s" % (light, dark))


def test_html_of_strange_names():
    """Markup in a thread's name is words."""
    with scratch() as directory, browser() as driver:
        driver.get(page_of("strange_names", directory))
        for button in all_of(driver, ".group > button[aria-expanded=false]"):
            button.click()
        expect(len(all_of(driver, ".inside")) == len(all_of(driver, ".group")) > 0, "groups open")
        driver.get(page_of("marked_up", directory, options="at_exit=1"))
        expect("</script><b>" in one_of(driver, ".inside").text and not all_of(driver, "main b b, main .inside b"), one_of(driver, ".inside").text)


def test_html_of_ten_thousand_threads():
    """The page opens within two seconds of a processor, and every thread is in it."""
    with scratch() as directory, browser() as driver:
        path = os.path.join(directory, "many_blocked.html")
        address = page_of("many_blocked", directory, "10000", options="signal=USR1:at_exit=0", env={"REPORT": path})
        # by the processor time of the page's own thread, so that other programs have no part in it
        driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
        driver.get(address)
        shown = one_of(driver, ".group > button").text
        took = {metric["name"]: metric["value"] for metric in driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]}["TaskDuration"]
        expect(0 < took < 2, "opened in %.2fs" % took)
        expect(shown.startswith("10,000\ncond wait"), shown)
        expect(len(all_of(driver, ".inside tbody tr")) == 8, "a few at first")
        more = one_of(driver, ".inside .more")
        expect(more.text == "9,992 more threads", more.text)
        more.click()
        expect(len(all_of(driver, ".inside tbody tr")) == 108, "and more on demand")
        one_of(driver, "[data-tab=blocked]").click()
        expect("10,000" in one_of(driver, ".flame [data-name=pthread_cond_wait]").get_attribute("title"), "flame graph")
