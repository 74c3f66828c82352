"""Selenium with chromedriver, headless: send_keys and click."""

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from bench.verification.clients.browser_page import CHROMIUM, FLAGS
from bench.verification.clients.selenium_form import fill
from bench.verification.target import Target, run


def visit(target: Target) -> str:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, "--headless=new", "--window-size=1366,900"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    remark = fill(driver, target, slowly=False)
    driver.quit()
    return remark


if __name__ == "__main__":
    run(visit)
