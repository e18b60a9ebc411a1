"""Debian's chromium without a window, as the console's tests drive it."""

import json
import tempfile
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).resolve().parent.parent
SHOTS = ROOT / "target" / "console-screenshots"
AXE = (ROOT / "conformance" / "axe" / "node_modules" / "axe-core" / "axe.min.js").read_text()
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--hide-scrollbars",
]
DESKTOP, PHONE = (1360, 860), (375, 812)


class Browser:
    """One browser, one profile of its own, gone with the tests."""

    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(prefix="konekuta-chromium-", ignore_cleanup_errors=True)
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for flag in [*FLAGS, f"--user-data-dir={self.profile.name}"]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        self.driver.set_page_load_timeout(30)
        SHOTS.mkdir(parents=True, exist_ok=True)

    def end(self):
        self.driver.quit()
        self.profile.cleanup()

    def set_up(self, endpoint, size=DESKTOP, language="en", theme="light"):
        """A fresh look: window, language and light."""
        self.endpoint = endpoint
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [
            {"name": "prefers-color-scheme", "value": theme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        headers = {"Accept-Language": {"en": "en-GB,en;q=0.9", "ja": "ja,en;q=0.5"}[language]}
        self.driver.execute_cdp_cmd("Network.enable", {})
        self.driver.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": headers})
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})

    def open(self, path):
        self.driver.get(f"{self.endpoint}/_konekuta/{path}")
        self.until(lambda: self.find("#pulse").get_attribute("data-state") == "live", "a live page")

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector="main"):
        return self.driver.execute_script("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def click(self, selector):
        self.find(selector).click()

    def write(self, selector, text):
        """Sets a field as a person's paste would."""
        script = "const f = document.querySelector(arguments[0]); f.value = arguments[1]; f.dispatchEvent(new Event('input', {bubbles: true}))"
        self.driver.execute_script(script, selector, text)

    def until(self, condition, what, seconds=20):
        # A page that is drawn anew between finding an element and reading it is looked at again.
        wait = WebDriverWait(self.driver, seconds, poll_frequency=0.05, ignored_exceptions=[StaleElementReferenceException])
        return wait.until(lambda _: condition(), f"waited for {what}")

    def shoot(self, name):
        """Keeps a picture of the page."""
        self.driver.save_screenshot(str(SHOTS / f"{name}.png"))

    def errors(self):
        """What the browser complained of since the last time."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def axe(self):
        """Violations of WCAG 2.2 A and AA, as axe sees them."""
        # Through the driver, which the page's own policy does not bind.
        self.driver.execute_script(AXE)
        script = """const done = arguments[arguments.length - 1];
            axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
                .then((found) => done(JSON.stringify(found.violations.map((one) => [one.id, one.nodes.map((node) => node.html)]))));"""
        return json.loads(self.driver.execute_async_script(script))

    def overflow(self):
        """Pixels by which the page is wider than the window."""
        return self.driver.execute_script("return document.documentElement.scrollWidth - innerWidth")

    def faults(self, name):
        """Keeps a picture; violations, complaints, and what lies beyond the window's edge."""
        self.shoot(name)
        beyond = self.overflow()
        wide = [f"{beyond} pixels too wide"] if beyond > 0 else []
        return [(name, fault) for fault in [*self.axe(), *self.errors(), *wide]]
