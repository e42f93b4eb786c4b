"""The description of a run. Torch-free: form, API, command line, worker and export share it.

A :class:`RunSpec` has five parts and is frozen once parsed. Benchmark, data set, model and strategy are of
several kinds, told apart by ``kind``: ``benchmark``, ``dataset``, ``model`` and ``strategy`` have a class for
each, which knows all that can be known without torch, and a registry of them. :func:`parse_spec` is the one
way in: it refuses unknown fields, keeps every bound, checks what only the parts together can say, and names
the field that is wrong.
"""

from anpyc.spec.benchmark import BENCHMARKS, Benchmark
from anpyc.spec.dataset import DATASETS, Dataset, ImageFacts
from anpyc.spec.kinds import UnknownKind
from anpyc.spec.model import MODELS, Model
from anpyc.spec.parsing import Problem, SpecError, parse_spec
from anpyc.spec.part import Scenario
from anpyc.spec.registration import register, unregister
from anpyc.spec.run import RunSpec
from anpyc.spec.strategy import STRATEGIES, Strategy
from anpyc.spec.training import ConstantSchedule, Schedule, StaircaseSchedule, Training

__all__ = [
    "BENCHMARKS",
    "DATASETS",
    "MODELS",
    "STRATEGIES",
    "Benchmark",
    "ConstantSchedule",
    "Dataset",
    "ImageFacts",
    "Model",
    "Problem",
    "RunSpec",
    "Scenario",
    "Schedule",
    "SpecError",
    "StaircaseSchedule",
    "Strategy",
    "Training",
    "UnknownKind",
    "parse_spec",
    "register",
    "unregister",
]
