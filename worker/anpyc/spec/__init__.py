"""The description of a run. Torch-free: form, API, command line, worker and export share it.

A :class:`RunSpec` has five parts, each a union told apart by ``kind``, and is frozen once parsed.
:func:`parse_spec` is the one way in: it refuses unknown fields, keeps every bound and checks what only the
parts together can say, and names the field that is wrong.
"""

from anpyc.spec.benchmark import (
    Benchmark,
    PermutedBenchmark,
    RotatedBenchmark,
    SequenceBenchmark,
    SplitBenchmark,
)
from anpyc.spec.dataset import (
    Cifar10Dataset,
    Cifar100Dataset,
    Dataset,
    DatasetPart,
    DigitsDataset,
    Downloaded,
    DownloadedDataset,
    FashionMnistDataset,
    ImagesDataset,
    KmnistDataset,
    MnistDataset,
    SvhnDataset,
    parse_dataset,
)
from anpyc.spec.model import ConvnetModel, MlpModel, Model, Resnet18Model
from anpyc.spec.parsing import Problem, SpecError, parse_spec
from anpyc.spec.part import Scenario, SpecPart
from anpyc.spec.run import RunSpec
from anpyc.spec.strategy import (
    AnpycStrategy,
    EwcPart,
    EwcStrategy,
    FinetuneStrategy,
    FrozenStrategy,
    JointStrategy,
    LwfStrategy,
    MasStrategy,
    OnlineEwcStrategy,
    PacknetStrategy,
    QuadraticStrategy,
    SingleHeadStrategy,
    SiStrategy,
    Strategy,
)
from anpyc.spec.training import ConstantSchedule, Schedule, StaircaseSchedule, Training

__all__ = [
    "AnpycStrategy",
    "Benchmark",
    "Cifar10Dataset",
    "Cifar100Dataset",
    "ConstantSchedule",
    "ConvnetModel",
    "Dataset",
    "DatasetPart",
    "DigitsDataset",
    "Downloaded",
    "DownloadedDataset",
    "EwcPart",
    "EwcStrategy",
    "FashionMnistDataset",
    "FinetuneStrategy",
    "FrozenStrategy",
    "ImagesDataset",
    "JointStrategy",
    "KmnistDataset",
    "LwfStrategy",
    "MasStrategy",
    "MlpModel",
    "MnistDataset",
    "Model",
    "OnlineEwcStrategy",
    "PacknetStrategy",
    "PermutedBenchmark",
    "Problem",
    "QuadraticStrategy",
    "Resnet18Model",
    "RotatedBenchmark",
    "RunSpec",
    "Scenario",
    "Schedule",
    "SequenceBenchmark",
    "SiStrategy",
    "SingleHeadStrategy",
    "SpecError",
    "SpecPart",
    "SplitBenchmark",
    "StaircaseSchedule",
    "Strategy",
    "SvhnDataset",
    "Training",
    "parse_dataset",
    "parse_spec",
]
