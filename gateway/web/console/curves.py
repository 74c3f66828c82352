"""The curves of a calibration as places in a picture that is drawn on the server. Right to left the picture is
mirrored, its numbers are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.scoring.calibrating.records import Band, Reliability

WIDTH, HEIGHT = 320, 240
SIDE, FOOT, EDGE = 44, 28, 12  # room for the numbers of each axis; for what stands at an end
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Picture:
    """Shares of 0–1 on both axes. most: the largest that is shown, for rates that are all small."""

    rtl: bool
    most: float = 1.0

    def x(self, share: float) -> float:
        at = SIDE + share / self.most * (WIDTH - SIDE - EDGE)
        return round(WIDTH - at if self.rtl else at, 1)

    def y(self, share: float) -> float:
        return round(HEIGHT - FOOT - share / self.most * (HEIGHT - FOOT - EDGE), 1)

    @property
    def ticks(self) -> tuple[float, ...]:
        return tuple(tick * self.most for tick in TICKS)

    @property
    def label_x(self) -> float:
        """Where the numbers of the upright axis end, as the page reads."""
        return WIDTH - SIDE + 8 if self.rtl else SIDE - 8


def reached(picture: Picture, bands: Sequence[Band]) -> str:
    """The line of a lift chart: so many of the leads, the highest score first, are so many of those won."""
    everybody = sum(band.leads for band in bands) or 1
    done, places = 0, [(picture.x(0), picture.y(0))]
    for band in bands:
        done += band.leads
        places.append((picture.x(done / everybody), picture.y(band.reached)))
    return " ".join(f"{x},{y}" for x, y in places)


def scale(found: Sequence[Reliability]) -> float:
    """The next quarter above all that is to be seen."""
    most = max((max(one.expected, one.high) for one in found), default=1.0)
    return next(tick for tick in (*TICKS[1:], 1.0) if most <= tick or tick == 1.0)
