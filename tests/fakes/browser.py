"""A headless Chromium, driven through its own driver."""
import contextlib
import json
import shutil
from typing import Any, Callable, Iterator
from urllib.parse import urlsplit

CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
CHROMIUM, DRIVER = (shutil.which(name) for name in ("chromium", "chromedriver"))
PATIENCE = 60                   # seconds for anything to appear


class Browser:
    """What a visitor does, and what was asked of whom meanwhile."""

    def __init__(self, driver: Any):
        self.driver = driver

    def find(self, selector: str, is_right: Callable[[Any], bool] = lambda element: True):
        """The first element of a selector that is right, once it is there."""
        from selenium.common.exceptions import StaleElementReferenceException

        def found():
            with contextlib.suppress(StaleElementReferenceException):
                return next((element for element in
                             self.driver.find_elements("css selector", selector)
                             if is_right(element)), None)

        return self.until(found, f"no {selector}")

    def until(self, found: Callable[[], Any], message: str = ""):
        """What `found` gives, once it gives anything."""
        from selenium.webdriver.support.ui import WebDriverWait
        return WebDriverWait(self.driver, PATIENCE).until(lambda _: found(), message)

    def click(self, selector: str, text: str = "") -> None:
        self.driver.execute_script("arguments[0].click()", self.find(
            selector, lambda element: text in element.text))

    def upload(self, selector: str, path) -> None:
        self.find(f"{selector} input[type=file]").send_keys(str(path))

    def hosts(self) -> set[str]:
        """Whom the page has asked for anything."""
        messages = [json.loads(entry["message"])["message"]
                    for entry in self.driver.get_log("performance")]
        urls = [message["params"]["request"]["url"] for message in messages
                if message["method"] == "Network.requestWillBeSent"]
        return {urlsplit(url).hostname for url in urls if urlsplit(url).hostname}


@contextlib.contextmanager
def browsing(address: str, downloads, size: tuple[int, int] = (1280, 1000)
             ) -> Iterator[Browser]:
    """A browser at an address, without a window; its downloads go to a folder.

    It has a camera that shows a test picture.
    """
    from selenium import webdriver
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 f"--window-size={size[0]},{size[1]}", *CAMERA):
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    try:
        driver.get(address)
        yield Browser(driver)
    finally:
        driver.quit()
