"""The description of a run. Torch-free: the form, the API, the command line, the worker and the export share
it.

A :class:`RunSpec` has five parts, each a union told apart by ``kind``, and is frozen once parsed.
:func:`parse_spec` is the one way in: it refuses unknown fields, keeps every bound and checks what only the
parts together can say, and names the field that is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NoReturn, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from anpyc.catalog import DATASETS

Scenario = Literal["task", "domain", "class"]


class SpecPart(BaseModel):
    """Frozen, and strict about names: an unknown field is an error, not ignored."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        json_schema_serialization_defaults_required=True,
    )


def _field(title: str, unit: str = "", advanced: bool = False, **bounds: Any) -> Any:
    """A field with its title, unit and place in the form (``advanced`` ones are folded away)."""
    extra: dict[str, Any] = {}
    if unit:
        extra["unit"] = unit
    if advanced:
        extra["advanced"] = True
    return Field(title=title, json_schema_extra=extra or None, **bounds)


def _refuse(field: str, message: str) -> NoReturn:
    raise PydanticCustomError("spec", "{message}", {"field": field, "message": message})


# --- benchmark: how one data set becomes a sequence of tasks ------------------------------------------------


class PermutedBenchmark(SpecPart):
    """Every task shows the same images with the pixels in another fixed order."""

    kind: Literal["permuted"] = "permuted"
    tasks: int = _field("Tasks", default=5, ge=1, le=200)
    """How many tasks are learnt one after the other."""
    scenario: Literal["task", "domain"] = _field("Scenario", default="task")
    """`task`: the task is known when tested, one head each. `domain`: one head for all tasks."""
    permute_first: bool = _field("Permute the first task too", default=True, advanced=True)
    """Off: the first task shows the images as they are."""


class SplitBenchmark(SpecPart):
    """The classes are dealt out to the tasks."""

    kind: Literal["split"] = "split"
    tasks: int = _field("Tasks", default=5, ge=1, le=200)
    """How many tasks are learnt one after the other."""
    classes_per_task: int = _field("Classes per task", default=2, ge=1, le=1_000)
    """How many classes each task brings; tasks × classes per task may not exceed the data set's classes."""
    scenario: Scenario = _field("Scenario", default="task")
    """`task`: the task is known when tested. `domain`: one head, labels within the task. `class`: one head
    over all classes seen."""
    shuffle_classes: bool = _field("Shuffle the classes", default=False, advanced=True)
    """Deal the classes in an order drawn from the seed instead of 0, 1, 2, …"""


class RotatedBenchmark(SpecPart):
    """Every task shows the same images turned by another angle."""

    kind: Literal["rotated"] = "rotated"
    tasks: int = _field("Tasks", default=5, ge=1, le=200)
    """How many tasks are learnt one after the other."""
    scenario: Literal["task", "domain"] = _field("Scenario", default="domain")
    """`task`: the task is known when tested, one head each. `domain`: one head for all tasks."""
    step: float = _field("Turned per task", "degrees", default=30.0, ge=0, le=360)
    """Each task turns the images this much further than the one before; the first shows them upright."""


class SequenceBenchmark(SpecPart):
    """Every task is another data set, whole."""

    kind: Literal["sequence"] = "sequence"
    datasets: tuple[
        Literal["digits", "mnist", "fashion_mnist", "kmnist", "cifar10", "cifar100", "svhn"], ...
    ] = _field("Data sets", default=("mnist", "fashion_mnist", "kmnist"), min_length=1, max_length=50)
    """In the order in which they are learnt. The data set chosen besides lends its settings (download,
    validation, limits) to all of them. Smaller images get a margin, grey ones become coloured where others
    are."""
    scenario: Literal["task", "domain"] = _field("Scenario", default="task")
    """`task`: the task is known when tested, one head each. `domain`: one head for all tasks."""

    @property
    def tasks(self) -> int:
        """How many tasks are learnt one after the other."""
        return len(self.datasets)


Benchmark = Annotated[
    PermutedBenchmark | SplitBenchmark | RotatedBenchmark | SequenceBenchmark, Field(discriminator="kind")
]


# --- data set -----------------------------------------------------------------------------------------------


class DatasetPart(SpecPart):
    """What all data sets have in common."""

    validation: int = _field("Validation images", "images", default=0, ge=0, le=1_000_000, advanced=True)
    """This many images at the start of the training file are held out of training and of testing."""
    standardise: bool = _field("Standardise pixels", default=False, advanced=True)
    """Shift and scale all pixels to mean 0 and deviation 1 over the training images; off: pixels in [0,
    1]."""
    train_limit: int | None = _field(
        "Training images at most", "images", default=None, ge=1, le=10_000_000, advanced=True
    )
    """Use only the first so many training images; empty: all."""


class DigitsDataset(DatasetPart):
    """1,797 real handwritten digits of 8×8 pixels that ship with scikit-learn."""

    kind: Literal["digits"] = "digits"


class DownloadedDataset(DatasetPart):
    """What data sets that torchvision downloads have in common."""

    download: bool = _field("Download if missing", default=False)
    """Fetch the data set into the data-sets folder if it is not there."""
    pad: int = _field("Padding", "pixels", default=0, ge=0, le=16, advanced=True)
    """Zero pixels added on each side of an image."""


class MnistDataset(DownloadedDataset):
    """70,000 handwritten digits of 28×28 pixels."""

    kind: Literal["mnist"] = "mnist"


class FashionMnistDataset(DownloadedDataset):
    """70,000 pictures of clothes of 28×28 pixels."""

    kind: Literal["fashion_mnist"] = "fashion_mnist"


class KmnistDataset(DownloadedDataset):
    """70,000 handwritten Japanese characters of 28×28 pixels."""

    kind: Literal["kmnist"] = "kmnist"


class Cifar10Dataset(DownloadedDataset):
    """60,000 colour pictures of 32×32 pixels in 10 classes."""

    kind: Literal["cifar10"] = "cifar10"


class Cifar100Dataset(DownloadedDataset):
    """60,000 colour pictures of 32×32 pixels in 100 classes."""

    kind: Literal["cifar100"] = "cifar100"


class SvhnDataset(DownloadedDataset):
    """99,289 house numbers in colour, 32×32 pixels."""

    kind: Literal["svhn"] = "svhn"


class ImagesDataset(DatasetPart):
    """Your own images: a .zip of image folders or an .npz of arrays in the data-sets folder."""

    kind: Literal["images"] = "images"
    file: str = _field("File", pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*\.(zip|npz)$", max_length=200)
    """Name of the file: a zip with train/<class>/<image> and test/<class>/<image>, or an npz with
    train_images, train_labels, test_images and test_labels."""
    size: int = _field("Size", "pixels", default=32, ge=8, le=256)
    """Images are scaled to this height and width."""
    colour: bool = _field("Colour", default=True)
    """Off: shades of grey."""


Downloaded = (
    MnistDataset | FashionMnistDataset | KmnistDataset | Cifar10Dataset | Cifar100Dataset | SvhnDataset
)
Dataset = Annotated[
    DigitsDataset | Downloaded | ImagesDataset,
    Field(discriminator="kind"),
]


# --- model --------------------------------------------------------------------------------------------------


class MlpModel(SpecPart):
    """A multi-layer perceptron with ReLU units."""

    kind: Literal["mlp"] = "mlp"
    hidden: tuple[Annotated[int, Field(ge=1, le=16_384)], ...] = _field(
        "Hidden layers", "units", default=(128, 64), min_length=1, max_length=8
    )
    """Units of each hidden layer, from the input on."""
    dropout: float = _field("Dropout", default=0.0, ge=0, lt=1)
    """Share of hidden units silenced at each training step."""
    initialisation: Literal["torch", "truncated_normal"] = _field(
        "Initial weights", default="torch", advanced=True
    )
    """`torch`: PyTorch's default. `truncated_normal`: σ 0.1 cut at two σ, biases 0.1, as the authors do."""


class ConvnetModel(SpecPart):
    """Three 3×3 convolutions with pooling and one fully connected layer, as the authors use for colour
    images."""

    kind: Literal["convnet"] = "convnet"
    channels: tuple[Annotated[int, Field(ge=1, le=4_096)], ...] = _field(
        "Channels", default=(64, 128, 256), min_length=3, max_length=3
    )
    """Of the three convolutions."""
    units: int = _field("Units", "units", default=512, ge=1, le=16_384)
    """Of the fully connected layer."""
    dropout: float = _field("Dropout", default=0.0, ge=0, lt=1)
    """Share of its units silenced at each training step."""


class Resnet18Model(SpecPart):
    """ResNet-18 with a 3×3 first convolution, for images of about 32×32 pixels."""

    kind: Literal["resnet18"] = "resnet18"
    width: int = _field("Width", "channels", default=64, ge=4, le=512)
    """Channels of the first stage; each of the three others has twice as many as the one before."""


Model = Annotated[MlpModel | ConvnetModel | Resnet18Model, Field(discriminator="kind")]


# --- strategy -----------------------------------------------------------------------------------------------


class FinetuneStrategy(SpecPart):
    """Train each task after the other and do nothing against forgetting: the lower bound."""

    kind: Literal["finetune"] = "finetune"


class AnpycStrategy(SpecPart):
    """Adversarial neural pruning and synaptic consolidation (Peng et al. 2021)."""

    kind: Literal["anpyc"] = "anpyc"
    lam: float = _field("λ", default=30.0, ge=0, le=1e9)
    """Strength of consolidation: the loss gains λ·Σ Ω·(θ − θ_old)²."""
    initial_prune_percent: float = _field("Pruned at the first task", "%", default=50.0, ge=0, le=99)
    """Share of each layer's parameters that the first task frees. 0: no pruning."""
    prune_decay: float = _field("Pruning decay per task", default=0.8, ge=0, le=1)
    """Each later task prunes this share of the percentage before it, rounded down."""
    prune_step: float = _field("Pruning step", "%", default=10.0, gt=0, le=100)
    """The pruned share grows by this much from round to round."""
    retrain_epochs: int = _field("Retraining per round", "epochs", default=3, ge=0, le=10_000)
    """Epochs of training after each pruning round."""
    combine: Literal["sum", "maximum", "mean"] = _field("Combine importance by", default="sum", advanced=True)
    """How the importance of a new task joins that of the earlier ones."""
    consolidation: Literal["explicit", "closed_form"] = _field("Consolidation step", default="closed_form")
    """`explicit`: the penalty's gradient joins the loss; diverges once 2·lr·λ·Ω > 1. `closed_form`: a
    proximal step after each optimizer step, stable for every λ."""
    importance_batch: int = _field("Importance batch", "images", default=100, ge=1, le=100_000, advanced=True)
    """Images per gradient when importance is measured."""
    importance_skip: int = _field("Skipped per batch", "images", default=0, ge=0, le=1_000, advanced=True)
    """Images left out between two such batches; the authors' loop leaves out one in a hundred."""
    importance_images: int | None = _field(
        "Images for importance at most", "images", default=None, ge=1, le=10_000_000, advanced=True
    )
    """Measure on the first so many training images; empty: all."""
    pruned_by: Literal["entropy", "curvature"] = _field("Pruned by", default="entropy", advanced=True)
    """What removing a parameter does: `entropy`, to the output's entropy, as published; `curvature`, to the
    output's distribution, ½·F·θ² with the exact Fisher information F, image by image."""
    strength: Literal["removal", "movement"] = _field("Consolidated by", default="removal", advanced=True)
    """`removal`: by what removing a parameter does, as published. `movement`: by what moving it does, the
    exact Fisher information, which also holds parameters that are zero."""
    normalise: bool = _field("Even out the tasks", default=False, advanced=True)
    """Divide each task's strengths by their mean, so that a task learnt with confidence is held as firmly."""
    recall: Literal["all", "own"] = _field("Earlier tasks use", default="all", advanced=True)
    """`all`: every parameter. `own`: only those held when the task ended, so that what grows from freed ones
    cannot disturb it; needs the task to be known when tested."""


class QuadraticStrategy(SpecPart):
    """What the strategies with a quadratic penalty have in common."""

    consolidation: Literal["explicit", "closed_form"] = _field(
        "Consolidation step", default="explicit", advanced=True
    )
    """`explicit`: the penalty's gradient joins the loss, as published. `closed_form`: a proximal step after
    each optimizer step, stable for every λ."""


class EwcPart(QuadraticStrategy):
    """What both forms of elastic weight consolidation have in common."""

    lam: float = _field("λ", default=100.0, ge=0, le=1e12)
    """Strength of the penalty."""
    fisher: Literal["exact", "predicted", "empirical_sample", "empirical_batch"] = _field(
        "Fisher information", default="exact"
    )
    """`exact`: expectation over the network's own output. `predicted`: for the class it finds most likely.
    `empirical_sample`: for the true class. `empirical_batch`: squares of whole batches' gradients."""
    fisher_images: int | None = _field(
        "Images for it at most", "images", default=None, ge=1, le=10_000_000, advanced=True
    )
    """Measure on the first so many training images; empty: all."""
    fisher_batch: int = _field("Batch for it", "images", default=128, ge=1, le=100_000, advanced=True)
    """Images at a time; changes the result for `empirical_batch` only."""
    halved: bool = _field("Factor ½", default=True, advanced=True)
    """On: ½·λ·Σ F·(θ − θ_old)², as in the paper. Off: without the ½, as some libraries have it."""


class EwcStrategy(EwcPart):
    """Elastic weight consolidation (Kirkpatrick et al. 2017) with one Fisher matrix per task."""

    kind: Literal["ewc"] = "ewc"


class OnlineEwcStrategy(EwcPart):
    """Online elastic weight consolidation (Schwarz et al. 2018): one running Fisher matrix."""

    kind: Literal["online_ewc"] = "online_ewc"
    gamma: float = _field("γ", default=1.0, ge=0, le=1)
    """What remains of the earlier Fisher matrix at each new task."""


class MasStrategy(QuadraticStrategy):
    """Memory aware synapses (Aljundi et al. 2018): importance from the gradient of the squared output."""

    kind: Literal["mas"] = "mas"
    lam: float = _field("λ", default=1.0, ge=0, le=1e12)
    """Strength of the penalty λ·Σ Ω·(θ − θ_old)²."""
    gradients: Literal["sample", "batch"] = _field("Gradients of", default="sample", advanced=True)
    """`sample`: mean over images of |∂‖f‖²/∂θ|, as in the paper. `batch`: of the mean squared output of
    batches, as a widely used implementation has it."""
    importance_batch: int = _field("Importance batch", "images", default=128, ge=1, le=100_000, advanced=True)
    """Images at a time; changes the result for `batch` only."""


class SiStrategy(QuadraticStrategy):
    """Synaptic intelligence (Zenke et al. 2017): importance from each parameter's share in lowering the
    loss."""

    kind: Literal["si"] = "si"
    lam: float = _field("c", default=1.0, ge=0, le=1e12)
    """Strength of the penalty c·Σ Ω·(θ − θ_old)²."""
    damping: float = _field("ξ", default=0.1, gt=0, le=1e6, advanced=True)
    """Keeps Ω finite where a parameter did not move."""


class LwfStrategy(SpecPart):
    """Learning without forgetting (Li and Hoiem 2017): old heads must answer new images as before."""

    kind: Literal["lwf"] = "lwf"
    lam: float = _field("λ", default=1.0, ge=0, le=1e6)
    """Weight of the distillation of each earlier task."""
    temperature: float = _field("Temperature", default=2.0, gt=0, le=100)
    """Softens the outputs that are compared."""


class PacknetStrategy(SpecPart):
    """PackNet (Mallya and Lazebnik 2018): each task keeps its largest weights, frozen, and is tested with
    them alone."""

    kind: Literal["packnet"] = "packnet"
    prune_percent: float = _field("Pruned per task", "%", default=75.0, gt=0, lt=100)
    """Share of the weights still free that each task gives back."""
    retrain_epochs: int = _field("Retraining", "epochs", default=3, ge=0, le=10_000)
    """Epochs of training after pruning."""


class SingleHeadStrategy(SpecPart):
    """One head for all tasks, even where the task is known, and nothing against forgetting."""

    kind: Literal["single_head"] = "single_head"


class FrozenStrategy(SpecPart):
    """The body is trained on the first task only; later tasks train their heads."""

    kind: Literal["frozen"] = "frozen"


class JointStrategy(SpecPart):
    """Each task is trained together with all data of the earlier ones: the upper bound."""

    kind: Literal["joint"] = "joint"


Strategy = Annotated[
    AnpycStrategy
    | EwcStrategy
    | OnlineEwcStrategy
    | MasStrategy
    | SiStrategy
    | LwfStrategy
    | PacknetStrategy
    | FinetuneStrategy
    | SingleHeadStrategy
    | FrozenStrategy
    | JointStrategy,
    Field(discriminator="kind"),
]


# --- training -----------------------------------------------------------------------------------------------


class ConstantSchedule(SpecPart):
    """The learning rate stays as it is."""

    kind: Literal["constant"] = "constant"


class StaircaseSchedule(SpecPart):
    """lr · factor^⌊epoch / every⌋, restarting with each task and running on through its pruning rounds."""

    kind: Literal["staircase"] = "staircase"
    every: int = _field("Every", "epochs", default=5, ge=1, le=10_000)
    """Epochs between two drops."""
    factor: float = _field("Factor", default=0.9, gt=0, le=1)
    """What each drop multiplies the learning rate by."""
    first_task_factor: float | None = _field("Factor in the first task", default=None, gt=0, le=1)
    """Another factor for the first task's base training; empty: the same."""


Schedule = Annotated[ConstantSchedule | StaircaseSchedule, Field(discriminator="kind")]


class Training(SpecPart):
    """How each task is trained."""

    kind: Literal["supervised"] = "supervised"
    epochs: int = _field("Epochs per task", "epochs", default=30, ge=1, le=10_000)
    """Passes over each task's training images."""
    iterations: int | None = _field(
        "Iterations per task", "steps", default=None, ge=1, le=10_000_000, advanced=True
    )
    """Steps per task instead of whole passes, as some published protocols count; an epoch is then a tenth of
    them."""
    batch_size: int = _field("Batch size", "images", default=32, ge=1, le=65_536)
    """Images per optimizer step."""
    optimizer: Literal["sgd", "adam"] = _field("Optimizer", default="sgd")
    """Stochastic gradient descent or Adam."""
    lr: float = _field("Learning rate", default=0.1, gt=0, le=100)
    """Step size of the optimizer."""
    momentum: float = _field("Momentum", default=0.0, ge=0, lt=1, advanced=True)
    """Of stochastic gradient descent; Adam ignores it."""
    keep_optimizer: bool = _field("Optimizer remembers", default=False, advanced=True)
    """Carry the optimizer's averages for the body over from task to task, as some published protocols do;
    off: each task starts with a fresh optimizer."""
    schedule: Schedule = _field("Schedule", default=ConstantSchedule(), advanced=True)
    """How the learning rate changes over epochs."""
    precision: Literal["full", "fast"] = _field("Precision", default="full", advanced=True)
    """`full`: 32-bit. `fast`: matrix products in bfloat16 on CPUs and TF32 on GPUs that have them."""
    evaluate_on: Literal["test", "validation"] = _field("Evaluate on", default="test", advanced=True)
    """`validation`: measure on the validation images, to choose settings without looking at the test
    images."""
    evaluate_every: int = _field("Evaluate every", "epochs", default=1, ge=1, le=10_000, advanced=True)
    """Epochs between two evaluations on all tasks seen; the end of a task and of a pruning round is always
    evaluated."""


# --- the whole ----------------------------------------------------------------------------------------------


class RunSpec(SpecPart):
    """Everything that decides a run's outcome, and its name."""

    name: str = _field("Name", default="", max_length=200)
    """What the run is called in lists and legends; empty: made from the strategy and the benchmark."""
    benchmark: Benchmark = _field("Benchmark", default=PermutedBenchmark())
    """How a data set becomes a sequence of tasks."""
    dataset: Dataset = _field("Data set", default=DigitsDataset())
    """The images."""
    model: Model = _field("Model", default=MlpModel())
    """The network; each task has a head of its own unless the scenario says otherwise."""
    strategy: Strategy = _field("Strategy", default=AnpycStrategy())
    """What is done against forgetting."""
    training: Training = _field("Training", default=Training())
    """How each task is trained."""
    seed: int = _field("Seed", default=0, ge=0, le=2**32 - 1)
    """Start of every random draw; same specification and seed, same result."""
    device: Literal["auto", "cpu", "cuda"] = _field("Device", default="auto")
    """`auto` takes the worker's GPU if there is one."""

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        info = DATASETS[self.dataset.kind]
        if isinstance(self.strategy, AnpycStrategy | PacknetStrategy) and self.benchmark.scenario != "task":
            own = isinstance(self.strategy, PacknetStrategy) or self.strategy.recall == "own"
            if own:
                _refuse(
                    "benchmark.scenario",
                    "Testing a task with its own parameters needs the task to be known: choose `task`.",
                )
        if isinstance(self.benchmark, SplitBenchmark):
            self._split_fits(self.benchmark, info.classes, info.title)
        if self.training.evaluate_on == "validation" and self.dataset.validation == 0:
            _refuse(
                "dataset.validation",
                "There are no validation images to evaluate on: hold some out, or evaluate on `test`.",
            )
        if self.dataset.validation >= info.train:
            _refuse(
                "dataset.validation",
                f"{info.title} has {info.train:,} training images; hold out fewer than that for validation.",
            )
        return self

    @staticmethod
    def _split_fits(benchmark: SplitBenchmark, classes: int, title: str) -> None:
        if benchmark.classes_per_task > classes:
            _refuse(
                "benchmark.classes_per_task",
                f"{title} has {classes} classes; give each task {classes} or fewer.",
            )
        if benchmark.tasks * benchmark.classes_per_task > classes:
            most = classes // benchmark.classes_per_task
            _refuse(
                "benchmark.tasks",
                f"{title} has {classes} classes: at {benchmark.classes_per_task} per task that is enough for "
                f"{most} tasks.",
            )

    def title(self) -> str:
        """The name, or one made from strategy and benchmark."""
        return self.name or f"{self.strategy.kind} on {self.benchmark.kind} {self.dataset.kind}"


_DATASET: TypeAdapter[Dataset] = TypeAdapter(Dataset)


def parse_dataset(data: Mapping[str, Any]) -> Dataset:
    """The data set part in ``data``, alone."""
    return _DATASET.validate_python(data)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a specification. ``field`` is a dotted path, "" for the whole."""

    field: str
    message: str


class SpecError(ValueError):
    """The specification cannot be run as it is; ``problems`` says why, field by field."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{p.field or 'specification'}: {p.message}" for p in problems))


def parse_spec(data: Mapping[str, Any]) -> RunSpec:
    """The specification in ``data``. What is left out has its default, the kind of a part included.

    :raises SpecError: with every problem found, each at its field.
    """
    try:
        return RunSpec.model_validate(_with_kinds(data))
    except ValidationError as error:
        raise SpecError([_problem(e) for e in error.errors(include_url=False)]) from None


_PARTS = ("benchmark", "dataset", "model", "strategy", "training")


def _with_kinds(data: Mapping[str, Any]) -> Any:
    """``{"strategy": {"lam": 3}}`` means the default strategy with another λ."""
    if not isinstance(data, Mapping):
        return data
    filled = dict(data)
    for part in _PARTS:
        given = filled.get(part)
        if isinstance(given, Mapping) and "kind" not in given:
            filled[part] = {"kind": RunSpec.model_fields[part].default.kind, **given}
    return filled


def _problem(error: Any) -> Problem:
    context = error.get("ctx") or {}
    if "field" in context:
        return Problem(context["field"], context["message"])
    path = _path_without_union_tags(error["loc"])
    field = ".".join(path)
    if error["type"] == "extra_forbidden":
        return Problem(field, f"There is no field called {path[-1]!r}. Remove it or correct its spelling.")
    if error["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        expected = str(context.get("expected_tags", "")).replace("'", "")
        return Problem(f"{field}.kind", f"Choose one of: {expected}." if expected else "Give a `kind`.")
    if error["type"] == "missing":
        return Problem(field, "This field is required.")
    return Problem(field, f"{error['msg']}.")


def _path_without_union_tags(location: tuple[int | str, ...]) -> list[str]:
    """pydantic puts the union's tag after the part's name; a person's path has no such step."""
    path = [str(step) for step in location]
    if len(path) > 1 and path[0] in _PARTS and path[0] != "training":
        del path[1]
    if path[:2] == ["training", "schedule"] and len(path) > 2:
        del path[2]
    return path
