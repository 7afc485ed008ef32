"""The page that format=html makes, opened in a browser and used."""
import glob, os, re

from harness import BUILD, expect, scratch, watched
from browser import BROWSER, Keys, all_of, browser, one_of, press

SUITE = "slow"
NEEDS = BROWSER


def page_of(program, directory, *arguments, options="", **more):
    path = os.path.join(directory, os.path.basename(program) + ".html")
    result = watched([os.path.join(BUILD, "tests", program)] + list(arguments), options + ":format=html:log=" + path, **more)
    expect(result.stderr == "", result.stderr)
    words = open(path).read()
    expect(not re.search(r"(src|href)=|https?://(?!www\.w3\.org)|@import|fetch\(|XMLHttpRequest", words), "the page wants something from elsewhere")
    return "file://" + path


def cpu_seconds_of_session():
    """User and system time of all processes of this test: its session is its own."""
    ticks = 0
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            fields = open(path).read().rsplit(")", 1)[1].split()
        except OSError:
            continue  # it has ended
        if int(fields[3]) == os.getsid(0):
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def names(driver, selector):
    return [element.text for element in all_of(driver, selector)]


def test_html_of_a_deadlock():
    with scratch() as directory, browser() as driver:
        driver.get(page_of("lock_ring", directory))
        expect("8 leaked threads" in one_of(driver, ".summary").text and "1 deadlock" in one_of(driver, ".summary").text, one_of(driver, ".summary").text)
        groups = names(driver, ".group > button")
        expect(len(groups) == 4 and re.match(r"5\nmutex lock, [0-9.]+s\ndeadlock\neats +lock_ring\.c:\d+$", groups[0]), groups)
        # a group opens; a frame opens the lines of its source
        one_of(driver, ".group > button").click()
        inside = one_of(driver, ".inside").text
        for words in ("in a cycle of 5 threads", "#0 pthread_mutex_lock", "Waiting on", "fork_at+40", "Created by lock_ring", "eater-3"):
            expect(words in inside, words + "\n" + inside)
        one_of(driver, ".inside .frames button[aria-expanded]").click()
        expect(re.match(r"^ *48 +pthread_mutex_lock\(&fork_at\[second\]\);$", one_of(driver, ".source .at").text.strip()), one_of(driver, ".source").text)
        # search, by keyboard alone
        driver.execute_script("document.activeElement.blur()")
        one_of(driver, "body").send_keys("/")
        press(driver, "wants_fork")
        expect(len(all_of(driver, ".group")) == 2 and "2 groups, 2 threads" in one_of(driver, "[role=status]").text, names(driver, ".group"))
        press(driver, Keys.BACKSPACE * 10 + "no such thing")
        expect(len(all_of(driver, ".group")) == 0, "nothing matches")
        press(driver, Keys.BACKSPACE * 13)
        # the graph, reached with the arrow keys: a ring of five, and three that hang off it
        one_of(driver, "[data-tab=groups]").send_keys(Keys.ARROW_RIGHT)
        expect(one_of(driver, "[data-tab=graph]").get_attribute("aria-selected") == "true", "arrow keys")
        expect(len(all_of(driver, "svg .node.stuck")) == 5 and len(all_of(driver, "svg .node")) == 8, "nodes")
        edges = [(edge.get_attribute("data-from"), edge.get_attribute("data-to")) for edge in all_of(driver, "svg .edge.stuck")]
        follow, start = dict(edges), edges[0][0]
        at, steps = follow[start], 1
        while at != start and steps < 9:
            at, steps = follow[at], steps + 1
        expect(len(edges) == 5 and steps == 5, "the cycle: %s" % edges)
        expect("deadlock 1: 5 threads wait for each other" in one_of(driver, ".deadlock").text, "its words")
        node = one_of(driver, "svg .node.stuck")
        tid = node.get_attribute("data-tid")
        node.send_keys(Keys.ENTER)
        expect(one_of(driver, "input[type=search]").get_attribute("value") == tid and len(all_of(driver, ".group")) >= 1, "from a node to its group")


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
        for button in all_of(driver, ".group > button"):
            button.click()
        expect(len(all_of(driver, ".inside")) == len(all_of(driver, ".group")) > 0, "groups open")
        driver.get(page_of("marked_up", directory, options="at_exit=1"))
        one_of(driver, ".group > button").click()
        expect("</script><b>" in one_of(driver, ".inside").text and not all_of(driver, "main b"), one_of(driver, ".inside").text)


def test_html_of_ten_thousand_threads():
    """The page opens within two seconds of a processor, and every thread is in it."""
    with scratch() as directory, browser() as driver:
        path = os.path.join(directory, "many_blocked.html")
        address = page_of("many_blocked", directory, "10000", options="signal=USR1:at_exit=0", env={"REPORT": path})
        before = cpu_seconds_of_session()
        driver.get(address)
        shown = one_of(driver, ".group > button").text
        took = cpu_seconds_of_session() - before
        print("opened in %.1f s of CPU" % took)
        expect(took < 2, "opened in %.1f s of CPU" % took)
        expect(shown.startswith("10,000\ncond wait"), shown)
        one_of(driver, ".group > button").click()
        expect(len(all_of(driver, ".inside tbody tr")) == 100, "a hundred at first")
        more = [button for button in all_of(driver, ".inside > button") if "more" in button.text][0]
        expect(more.text == "9,900 more threads", more.text)
        more.click()
        expect(len(all_of(driver, ".inside tbody tr")) == 200, "and more on demand")
        one_of(driver, "[data-tab=blocked]").click()
        expect("10,000" in one_of(driver, ".flame [data-name=pthread_cond_wait]").get_attribute("title"), "flame graph")
