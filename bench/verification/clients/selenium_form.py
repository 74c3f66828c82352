"""The form through WebDriver, at once or with ActionChains and pauses; undetected-chromedriver shares it."""

from __future__ import annotations

import random
import time
from typing import Any

from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.ui import WebDriverWait

from bench.verification.clients.browser_page import CONSENT, FRAME, SEND, THANKS, question
from bench.verification.target import Target


def fill(driver: Any, target: Target, *, slowly: bool) -> str:
    driver.get(target.page)
    wait = WebDriverWait(driver, 30)
    if target.channel == "frame":
        wait.until(expected_conditions.frame_to_be_available_and_switch_to_it((By.CSS_SELECTOR, FRAME)))
    wait.until(expected_conditions.element_to_be_clickable((By.CSS_SELECTOR, SEND)))
    if slowly:
        time.sleep(random.uniform(1.5, 3))
    for name, value in target.answers.items():
        _write(driver, driver.find_element(By.CSS_SELECTOR, question(name)), value, slowly=slowly)
    for selector in (CONSENT, SEND):
        _press(driver, driver.find_element(By.CSS_SELECTOR, selector), slowly=slowly)
    wait.until(expected_conditions.presence_of_element_located((By.CSS_SELECTOR, THANKS)))
    return "thanked"


def _write(driver: Any, field: Any, value: str, *, slowly: bool) -> None:
    if not slowly:
        field.send_keys(value)
        return
    _press(driver, field, slowly=True)
    for letter in value:
        field.send_keys(letter)
        time.sleep(random.uniform(0.04, 0.15))


def _press(driver: Any, control: Any, *, slowly: bool) -> None:
    if not slowly:
        control.click()
        return
    aside = int(control.size["width"] * random.uniform(-0.3, 0.3))
    down = int(control.size["height"] * random.uniform(-0.25, 0.25))
    chain = ActionChains(driver, duration=random.randint(300, 700))
    chain.move_to_element_with_offset(control, aside, down).pause(random.uniform(0.1, 0.4)).click().perform()
    time.sleep(random.uniform(0.3, 1))
