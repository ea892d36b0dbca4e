"""A headless Chromium driven over the DevTools protocol's pipe, for the tests of the report's page.

No driver package is needed. The protocol: https://chromedevtools.github.io/devtools-protocol/; a message is JSON that ends with a null
byte, read by Chromium from file descriptor 3 and written to 4.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 60  # for one answer: so long that a busy machine is not taken for a browser that hangs
ARGUMENTS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-extensions", "--disable-sync"),
    "--remote-debugging-pipe",
)


def executable() -> str | None:
    """The path of a Chromium on this machine, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """One page of one Chromium, whose profile is in ``folder``.

    ``events`` has what the page did, in order, as the protocol reports it.
    """

    def __init__(self, folder: Path) -> None:
        to_read, self._to = os.pipe()
        self._from, to_write = os.pipe()
        program = executable()
        assert program is not None
        # the shell puts the two pipes where Chromium looks for them, on 3 and 4, whatever their numbers are here
        command = f'exec 3<&{to_read} 4>&{to_write}; exec "$@"'
        self._process = subprocess.Popen(
            ["bash", "-c", command, "bash", program, *ARGUMENTS, f"--user-data-dir={folder}"],
            pass_fds=(to_read, to_write),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self.events: list[dict[str, Any]] = []
        self._unread = b""
        self._sent = 0
        self._session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def close(self) -> None:
        """Ends the browser and waits for its end."""
        self._session = None
        try:
            self.call("Browser.close")
        except (EOFError, BrokenPipeError):
            pass  # it was quicker than its answer
        finally:
            try:
                self._process.wait(SECONDS)
            finally:
                self._process.kill()
                os.close(self._to)
                os.close(self._from)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of a method of the protocol. Raises RuntimeError where the browser refuses, EOFError where it has ended."""
        self._sent += 1
        message = {"id": self._sent, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._sent:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def open(self, url: str) -> None:
        """Loads a page, forgets the events before, and waits until it has loaded."""
        self.events.clear()
        loads = "loaderId" in self.call("Page.navigate", url=url)  # or else the page is there already, and its anchor alone is new
        while loads and not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self._receive()

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression in the page, awaited where it is a promise. Raises RuntimeError where it throws."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description", script))
        return answer["result"].get("value")

    def resize(self, width: int, height: int = 800, *, phone: bool = False) -> None:
        """The size of the page's view in CSS pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def media(self, scheme: str = "light", media: str = "screen") -> None:
        """Prefers ``scheme``, light or dark, and shows the page on ``media``, screen or print."""
        self.call("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])

    def press(self, key: str, times: int = 1) -> None:
        """Presses a key that needs no text, for example Tab."""
        for _ in range(times):
            for kind in ("rawKeyDown", "keyUp"):
                self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode={"Tab": 9, "Enter": 13}[key])

    def screenshot(self, file: Path) -> None:
        """The view as a PNG file."""
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def download_to(self, folder: Path) -> None:
        """Saves what a click downloads in ``folder``."""
        self._folder = folder
        self.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder), eventsEnabled=True)

    def downloaded(self) -> Path:
        """The file of the first download since the page was opened, once it is whole."""
        while not (done := [event for event in self.events if event["params"].get("state") == "completed"]):
            self._receive()
        named = next(event for event in self.events if event["params"].get("suggestedFilename"))
        assert named["params"]["guid"] == done[0]["params"]["guid"]
        return self._folder / named["params"]["suggestedFilename"]

    def requests(self) -> Sequence[str]:
        """The addresses that the page asked for since it was opened."""
        asked = [event["params"]["request"]["url"] for event in self.events if event["method"] == "Network.requestWillBeSent"]
        return [url for url in asked if not url.startswith("data:")]  # which holds its own answer

    def complaints(self) -> Sequence[str]:
        """What the page wrote to the console, threw, or was denied by its content security policy, since it was opened."""
        kinds = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return [json.dumps(event["params"]) for event in self.events if event["method"] in kinds]

    def _receive(self) -> dict[str, Any]:
        end = time.monotonic() + SECONDS
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._from], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError(f"the browser has not answered for {SECONDS} s")
            more = os.read(self._from, 1 << 16)
            if not more:
                raise EOFError("the browser has ended")
            self._unread += more
        text, _, self._unread = self._unread.partition(b"\0")
        message = json.loads(text)
        if "method" in message:
            self.events.append(message)
        return message
