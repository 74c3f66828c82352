"""undetected-chromedriver, headed, with its own patched copy of chromedriver; ActionChains and pauses."""

import shutil
import tempfile
from pathlib import Path

import undetected_chromedriver

from bench.verification.clients.browser_page import CHROMIUM, FLAGS
from bench.verification.clients.selenium_form import fill
from bench.verification.target import Target, run


def visit(target: Target) -> str:
    with tempfile.TemporaryDirectory(dir=target.scratch, ignore_cleanup_errors=True) as folder:
        driver_file = Path(folder) / "chromedriver"  # it patches the file in place
        shutil.copy("/usr/bin/chromedriver", driver_file)
        options = undetected_chromedriver.ChromeOptions()
        for flag in (*FLAGS, "--window-size=1366,900"):
            options.add_argument(flag)
        driver = undetected_chromedriver.Chrome(
            options=options, browser_executable_path=CHROMIUM, driver_executable_path=str(driver_file),
            user_data_dir=f"{folder}/profile", version_main=0, use_subprocess=True,
        )  # fmt: skip
        try:
            return fill(driver, target, slowly=True)
        finally:
            driver.quit()


if __name__ == "__main__":
    run(visit)
