"""The run directory: created by GEOS-Chem's own script, checked, and set to the configuration. Edits are pure."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from . import questions
from .endings import Code, Ended
from .settings import Settings

RESTARTS, OUTPUT = "Restarts", "OutputDir"
CONFIG, HISTORY, SAMPLES = "geoschem_config.yml", "HISTORY.rc", "download_data.yml"
MONTHLY = "00000100 000000"
"""How often HISTORY.rc of a new run directory writes: every month."""
_NEVER = ("CodeDir", "build", "gcclassic")
"""Names in the run directory that no file of the user's replaces."""
_RESTART = re.compile(r"GEOSChem\.Restart\.(\d{8})_0000z\.nc4")
_GRID = {"4x5": "4.0x5.0", "2x2.5": "2.0x2.5"}


def create(model: Path, settings: Settings, parent: Path, home: Path, data: Path) -> Path:
    """A new run directory below `parent`. Raises Ended."""
    # Without these two lines the script asks for a path, and sends the user's details to a registration site.
    registered = home / ".geoschem" / "config"
    registered.parent.mkdir(parents=True, exist_ok=True)
    registered.write_text(f"export GC_DATA_ROOT={data}\nexport GC_USER_REGISTERED=true\n")
    data.mkdir(parents=True, exist_ok=True)
    script = model / "source" / "gcclassic" / "run" / "createRunDir.sh"
    if not script.exists():
        raise Ended(Code.BAD_CONFIGURATION, "this image holds no GEOS-Chem Classic.", "take an image that does.")
    questions.create(script, "run", settings, parent, home)
    folder = parent / "run"
    if not (folder / CONFIG).exists():
        raise Ended(Code.BAD_CONFIGURATION, f"createRunDir.sh made no {CONFIG}.", "take another image.")
    if faults := differences((folder / CONFIG).read_text(), settings):
        raise Ended(
            Code.BAD_CONFIGURATION,
            f"createRunDir.sh made another run directory than was wanted: {'; '.join(faults)}.",
            "take another image.",
        )
    return folder


def differences(config: str, settings: Settings) -> list[str]:
    """What a new geoschem_config.yml says otherwise than the settings."""
    wanted = {
        "name": settings.simulation,
        "met_field": {"merra2": "MERRA2", "geosfp": "GEOSFP", "geosit": "GEOSIT"}[settings.met],
        "resolution": _GRID.get(settings.grid, settings.grid),
        "number_of_levels": str(settings.levels),
    }
    found = {key: _value(config, key) for key in wanted}

    def plain(text: str) -> str:
        return text.lower().replace("-", "").replace("'", "").replace('"', "")

    return [f"{k} is {found[k]}, not {v}" for k, v in wanted.items() if plain(found[k]) != plain(v)]


def set_config(config: str, settings: Settings, start: datetime.date, data: Path) -> str:
    """geoschem_config.yml for this run; comments and order stay."""
    lines = {
        "start_date": f"[{start:%Y%m%d}, 000000]",
        "end_date": f"[{settings.end:%Y%m%d}, 000000]",
        "root_data_dir": str(data),
        "use_gcclassic_timers": "true",  # geos-recommend learns from what they print
    }
    for key, value in lines.items():
        # Spaces in front of a comment stay with it; a path may hold a backslash, hence no template.
        config, count = re.subn(rf"(?m)^(\s*{key}:) ?[^\n#]*?(?=\s*#|\s*$)", _putting(value), config, count=1)
        if not count and key != "use_gcclassic_timers":
            raise Ended(Code.BAD_CONFIGURATION, f"{CONFIG} has no {key}.", "leave that line in your own file.")
    return config


def set_history(history: str, every_days: int) -> str:
    """Restarts and means every so many days instead of monthly. A mean that spanned an interruption would be a mean
    of its second part only; means of whole checkpoint intervals add up to monthly ones exactly."""
    every = f"{every_days:08d} 000000"
    pattern = rf"(?m)^(\s*\w+\.(?:frequency|duration):\s+){MONTHLY}"
    return re.sub(pattern, lambda m: m[1] + every, history)


def replaceable(names: Mapping[str, int]) -> tuple[str, ...]:
    """Of the user's own files those that belong into the run directory: at its top, or restarts."""
    return tuple(
        name
        for name in names
        if name not in _NEVER and ("/" not in name or (name.startswith(f"{RESTARTS}/") and name.count("/") == 1))
    )


def restart_name(day: datetime.date) -> str:
    return f"GEOSChem.Restart.{day:%Y%m%d}_0000z.nc4"


def restart_day(name: str) -> datetime.date | None:
    match = _RESTART.fullmatch(name)
    return datetime.datetime.strptime(match[1], "%Y%m%d").date() if match else None


def newest_checkpoint(names: Mapping[str, int], settings: Settings) -> datetime.date | None:
    """The latest day within the run that a restart file is there for. The one of its end proves nothing: means of the
    last interval are written after it."""
    days = [day for name, size in names.items() if size and (day := restart_day(name))]
    return max((day for day in days if settings.start < day < settings.end), default=None)


def sample_restart(samples: str, settings: Settings) -> str:
    """The key of the release's sample restart file below ExtData/, where there is one for the start; else ""."""
    import yaml

    body = yaml.safe_load(samples)
    restarts = body.get("restarts", {}) if isinstance(body, dict) else {}
    name = {"Hg": "mercury"}.get(settings.simulation, settings.simulation.lower())
    entry = restarts.get(name) if isinstance(restarts, dict) else None
    if not isinstance(entry, dict) or entry.get("local") != restart_name(settings.start):
        return ""
    return f"{restarts.get('root', '')}/{entry.get('remote', '')}"


def _putting(value: str) -> Callable[[re.Match[str]], str]:
    return lambda match: f"{match[1]} {value}"


def _value(config: str, key: str) -> str:
    match = re.search(rf"(?m)^\s*{key}:\s*([^\n#]*)", config)
    return match[1].strip() if match else "missing"
