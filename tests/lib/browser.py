"""A headless Chromium of Debian's, without a network but this machine, driven through its own driver."""
import contextlib

from harness import PATIENCE, scratch

try:
    import selenium.webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:  # then the tests that need it are left out
    Keys = None

# What a test that opens one needs.
BROWSER = ("chromium", "chromedriver", "python:selenium")


@contextlib.contextmanager
def browser():
    with scratch() as profile:
        options = selenium.webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1200,1000",
                         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--user-data-dir=" + profile):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = selenium.webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        driver.set_page_load_timeout(PATIENCE)
        driver.implicitly_wait(30)
        try:
            yield driver
            log = [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
            if log:
                raise AssertionError("the browser complains: %s" % log)
        finally:
            driver.quit()


def all_of(driver, selector):
    driver.implicitly_wait(0)
    found = driver.find_elements(By.CSS_SELECTOR, selector)
    driver.implicitly_wait(30)
    return found


def one_of(driver, selector):
    return driver.find_element(By.CSS_SELECTOR, selector)


def window(driver, width, scheme="light", height=900):
    """So wide inside, for a person who likes it light or dark."""
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})


def press(driver, *keys):
    driver.switch_to.active_element.send_keys(*keys)


__all__ = ["BROWSER", "browser", "all_of", "one_of", "press", "window", "Keys"]
