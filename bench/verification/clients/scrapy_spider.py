"""A Scrapy spider: FormRequest.from_response where there is a form, JsonRequest where there is a spec."""

from collections.abc import Iterator
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import FormRequest, JsonRequest, Response

from bench.verification.clients.plain_form import CHROME, body, filled, page_of, remark, spec_of
from bench.verification.target import Target, run


class Spider(scrapy.Spider):
    name = "leads"
    custom_settings = {"USER_AGENT": CHROME, "ROBOTSTXT_OBEY": False, "DOWNLOAD_DELAY": 3, "LOG_ENABLED": False}

    def __init__(self, target: Target, told: list[str], **rest: Any) -> None:
        super().__init__(**rest)
        self.target, self.told = target, told

    async def start(self) -> Any:
        embed = self.target.channel == "embed"
        yield scrapy.Request(spec_of(self.target) if embed else page_of(self.target), callback=self.fill)

    def fill(self, response: Response) -> Iterator[scrapy.Request]:
        headers = {"Origin": self.target.origin}
        if self.target.channel == "embed":
            data = body(response.json(), self.target)
            yield JsonRequest(page_of(self.target), data=data, headers=headers, callback=self.sent)
        else:
            url, data = filled(response.text, self.target)
            yield FormRequest(url, formdata=data, headers=headers, callback=self.sent)

    def sent(self, response: Response) -> None:
        self.told.append(remark(response.status, response.text))


def visit(target: Target) -> str:
    told: list[str] = []
    process = CrawlerProcess()
    process.crawl(Spider, target=target, told=told)
    process.start()
    return told[0] if told else "no reply"


if __name__ == "__main__":
    run(visit)
