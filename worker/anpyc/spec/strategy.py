"""What is done against forgetting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import ConfigDict
from pydantic.config import JsonDict

from anpyc.pruning_schedule import pruning_rounds, share_pruned
from anpyc.spec.kinds import Kinds
from anpyc.spec.part import KindPart, Scenario, refuse, setting

if TYPE_CHECKING:
    from anpyc.spec.run import RunSpec


class StrategyPart(KindPart):
    """What all strategies have in common."""

    shared_head: ClassVar[bool] = False
    """One head for all tasks, whatever the scenario."""
    keeps_data: ClassVar[bool] = False
    """Trains on the data of all tasks so far instead of the last one's."""
    stacks: ClassVar[bool] = False
    """Whether several runs' steps can be taken as one: it changes gradients and parameters, and adds nothing
    to the loss of a batch."""
    state_bytes: ClassVar[float] = 0
    """In a checkpoint, for each parameter that tasks share, beside its value."""
    tested_bytes: ClassVar[float] = 0
    """The same in what is kept of the end of each task, so that it can be tested later."""
    recorded_bytes: ClassVar[float] = 0
    """In the database at each task's end, compressed, as measured on runs of the demo: importance and weight
    are float16 and hardly compress, an owner takes little."""

    def settled(self, scenario: Scenario) -> Self:
        """With `auto` replaced by what it means where the task is, or is not, known when tested."""
        return self

    def round_epochs(self, task: int, tasks: int) -> tuple[int, ...]:
        """Epochs of each round that follows a task's base training; empty: no rounds."""
        return ()

    def tests_with_own_parameters(self, scenario: Scenario) -> bool:
        """Whether a task is tested with parameters of its own, so that it has to be known."""
        return False

    def check(self, run: RunSpec) -> None:
        scenario = run.benchmark.scenario
        if scenario != "task" and self.tests_with_own_parameters(scenario):
            refuse(
                "benchmark.scenario",
                "Testing a task with its own parameters needs the task to be known: choose `task`.",
            )


class FinetuneStrategy(StrategyPart):
    """Train each task after the other and do nothing against forgetting: the lower bound."""

    label: ClassVar = "Fine-tuning"
    implementation: ClassVar = "anpyc.strategies.finetune:Finetune"
    stacks: ClassVar = True

    kind: Literal["finetune"] = "finetune"


class AnpycStrategy(StrategyPart):
    """Adversarial neural pruning and synaptic consolidation (Peng et al. 2021), by default in this project's
    recipe; the published form is the variant `as published`."""

    PUBLISHED: ClassVar[JsonDict] = {
        "lam": 3.0,
        "initial_prune_percent": 50.0,
        "prune_decay": 0.8,
        "prune_step": 10.0,
        "exact_share": False,
        "combine": "sum",
        "importance_images": None,
        "pruned_by": "entropy",
        "freed_start": "zero",
        "strength": "removal",
        "normalise": False,
        "recall": "all",
    }
    """The settings in which the paper's form differs from the default recipe."""
    ONE_HEAD: ClassVar[JsonDict] = {"lam": 0.01, "initial_prune_percent": 30.0}
    """What did best where all tasks share a head, so that no task can have parameters of its own."""
    model_config = ConfigDict(
        json_schema_extra={"variants": {"as published": PUBLISHED, "one head for all tasks": ONE_HEAD}}
    )

    label: ClassVar = "ANPyC"
    implementation: ClassVar = "anpyc.strategies.anpyc:Anpyc"
    stacks: ClassVar = True
    state_bytes: ClassVar = 16
    tested_bytes: ClassVar = 7
    recorded_bytes: ClassVar = 4.1

    kind: Literal["anpyc"] = "anpyc"
    lam: float = setting("λ", default=10.0, ge=0, le=1e9)
    """Strength of consolidation: the loss gains λ·Σ Ω·(θ − θ_old)²."""
    initial_prune_percent: float = setting(
        "Pruned at the first task", "%", short="pruned", default=80.0, ge=0, le=99
    )
    """Share of each layer's parameters that the first task frees. 0: no pruning."""
    prune_decay: float = setting("Pruning decay per task", short="pruning decay", default=1.0, ge=0, le=1)
    """Each later task prunes this share of the percentage before it, rounded down."""
    prune_step: float = setting("Pruning step", "%", default=40.0, ge=0.1, le=100)
    """The pruned share grows by this much from round to round."""
    exact_share: bool = setting("Stop at the share", default=True, advanced=True)
    """On: a task's last round prunes just its share. Off: the next multiple of the step, as published."""
    retrain_epochs: int = setting(
        "Retraining per round", "epochs", short="retrained", default=5, ge=0, le=10_000
    )
    """Epochs of training after each pruning round."""
    combine: Literal["sum", "maximum", "mean"] = setting(
        "Combine importance by", short="importance by", default="sum", advanced=True
    )
    """How the importance of a new task joins that of the earlier ones."""
    consolidation: Literal["explicit", "closed_form"] = setting(
        "Consolidation step", short="{} step", default="closed_form"
    )
    """`explicit`: the penalty's gradient joins the loss; diverges once 2·lr·λ·Ω > 1. `closed_form`: a
    proximal step after each optimizer step, stable for every λ."""
    importance_batch: int = setting(
        "Importance batch", "images", default=100, ge=1, le=100_000, advanced=True
    )
    """Images per gradient when importance is measured."""
    importance_skip: int = setting(
        "Skipped per batch", "images", short="skipped", default=0, ge=0, le=1_000, advanced=True
    )
    """Images left out between two such batches; the authors' loop leaves out one in a hundred."""
    importance_images: int | None = setting(
        "Images for importance at most",
        "images",
        short="importance images",
        default=2_000,
        ge=1,
        le=10_000_000,
        advanced=True,
    )
    """Measure on the first so many training images; empty: all."""
    pruned_by: Literal["entropy", "curvature"] = setting("Pruned by", default="curvature", advanced=True)
    """What removing a parameter does: `entropy`, to the output's entropy, as published; `curvature`, to the
    output's distribution, by its exact Fisher information F, image by image, and the Fisher exponent."""
    fisher_exponent: float = setting("Fisher exponent", default=0.0625, ge=0, le=1, advanced=True)
    """With `curvature`, the order is ½·(F^this·θ)². 0.5: ½·F·θ², what removing one parameter does, the
    others left as they are. 0: magnitude. A value near 0 prunes best where most parameters go at once."""
    freed_start: Literal["auto", "zero", "initial"] = setting(
        "Freed parameters start at", short="freed start at", default="auto", advanced=True
    )
    """`zero`: where pruning put them, as published. `initial`: at their values before the first task, so
    that each task finds fresh ones; needs earlier tasks to use their own parameters. `auto`: initial where
    they do."""
    strength: Literal["removal", "movement"] = setting("Consolidated by", default="movement", advanced=True)
    """`removal`: by what removing a parameter does, as published. `movement`: by what moving it does, the
    exact Fisher information, which also holds parameters that are zero."""
    normalise: bool = setting("Even out the tasks", default=True, advanced=True)
    """Divide each task's strengths by their mean, so that a task learnt with confidence is held as firmly."""
    recall: Literal["auto", "all", "own"] = setting(
        "Earlier tasks use", short="earlier tasks use", default="auto", advanced=True
    )
    """`all`: every parameter, as published. `own`: only those held when the task ended, so that what grows
    from freed ones cannot disturb it; needs the task to be known when tested. `auto`: own where it is."""

    def settled(self, scenario: Scenario) -> Self:
        recall = self.recall if self.recall != "auto" else "own" if scenario == "task" else "all"
        start = self.freed_start
        if start == "auto":
            start = "initial" if recall == "own" else "zero"
        return self.model_copy(update={"recall": recall, "freed_start": start})

    def percentiles(self, task: int, tasks: int) -> tuple[float, ...]:
        """Per cent of what is free that each pruning round of a task frees again."""
        share = share_pruned(task, tasks, self.initial_prune_percent, self.prune_decay)
        return pruning_rounds(share, self.prune_step, self.exact_share)

    def round_epochs(self, task: int, tasks: int) -> tuple[int, ...]:
        return (self.retrain_epochs,) * len(self.percentiles(task, tasks))

    def tests_with_own_parameters(self, scenario: Scenario) -> bool:
        return self.settled(scenario).recall == "own"

    def check(self, run: RunSpec) -> None:
        super().check(run)
        settled = self.settled(run.benchmark.scenario)
        if settled.freed_start == "initial" and settled.recall == "all":
            refuse(
                "strategy.freed_start",
                "Freed parameters that start anew disturb earlier tasks that use every parameter: choose "
                "`zero`, or let earlier tasks use their `own` parameters.",
            )


class QuadraticStrategy(StrategyPart):
    """What the strategies with a quadratic penalty have in common."""

    state_bytes: ClassVar[float] = 8
    tested_bytes: ClassVar[float] = 4
    recorded_bytes: ClassVar[float] = 3.3

    consolidation: Literal["explicit", "closed_form"] = setting(
        "Consolidation step", short="{} step", default="closed_form", advanced=True
    )
    """`explicit`: the penalty's gradient joins the loss, as published; diverges once 2·lr·λ·Ω > 1.
    `closed_form`: a proximal step after each optimizer step, stable for every λ."""


class EwcPart(QuadraticStrategy):
    """What both forms of elastic weight consolidation have in common."""

    lam: float = setting("λ", default=100.0, ge=0, le=1e12)
    """Strength of the penalty."""
    fisher: Literal["exact", "predicted", "empirical_sample", "empirical_batch"] = setting(
        "Fisher information", short="Fisher", default="exact"
    )
    """`exact`: expectation over the network's own output. `predicted`: for the class it finds most likely.
    `empirical_sample`: for the true class. `empirical_batch`: squares of whole batches' gradients."""
    fisher_images: int | None = setting(
        "Images for it at most",
        "images",
        short="Fisher images",
        default=None,
        ge=1,
        le=10_000_000,
        advanced=True,
    )
    """Measure on the first so many training images; empty: all."""
    fisher_batch: int = setting(
        "Batch for it", "images", short="Fisher batch", default=128, ge=1, le=100_000, advanced=True
    )
    """Images at a time; changes the result for `empirical_batch` only."""
    halved: bool = setting("Factor ½", short="½", default=True, advanced=True)
    """On: ½·λ·Σ F·(θ − θ_old)², as in the paper. Off: without the ½, as some libraries have it."""


class EwcStrategy(EwcPart):
    """Elastic weight consolidation (Kirkpatrick et al. 2017) with one Fisher matrix per task."""

    label: ClassVar = "EWC"
    implementation: ClassVar = "anpyc.strategies.ewc:Ewc"
    stacks: ClassVar = True

    kind: Literal["ewc"] = "ewc"


class OnlineEwcStrategy(EwcPart):
    """Online elastic weight consolidation (Schwarz et al. 2018): one running Fisher matrix."""

    label: ClassVar = "Online EWC"
    implementation: ClassVar = "anpyc.strategies.online_ewc:OnlineEwc"
    stacks: ClassVar = True

    kind: Literal["online_ewc"] = "online_ewc"
    gamma: float = setting("γ", default=1.0, ge=0, le=1)
    """What remains of the earlier Fisher matrix at each new task."""


class MasStrategy(QuadraticStrategy):
    """Memory aware synapses (Aljundi et al. 2018): importance from the gradient of the squared output."""

    label: ClassVar = "MAS"
    implementation: ClassVar = "anpyc.strategies.mas:Mas"
    stacks: ClassVar = True

    kind: Literal["mas"] = "mas"
    lam: float = setting("λ", default=1.0, ge=0, le=1e12)
    """Strength of the penalty λ·Σ Ω·(θ − θ_old)²."""
    gradients: Literal["sample", "batch"] = setting("Gradients of", default="sample", advanced=True)
    """`sample`: mean over images of |∂‖f‖²/∂θ|, as in the paper. `batch`: of the mean squared output of
    batches, as a widely used implementation has it."""
    importance_batch: int = setting(
        "Importance batch", "images", default=128, ge=1, le=100_000, advanced=True
    )
    """Images at a time; changes the result for `batch` only."""


class SiStrategy(QuadraticStrategy):
    """Synaptic intelligence (Zenke et al. 2017): importance from each parameter's share in lowering the
    loss."""

    label: ClassVar = "SI"
    implementation: ClassVar = "anpyc.strategies.si:Si"
    stacks: ClassVar = True
    state_bytes: ClassVar = 12

    kind: Literal["si"] = "si"
    lam: float = setting("c", default=1.0, ge=0, le=1e12)
    """Strength of the penalty c·Σ Ω·(θ − θ_old)²."""
    damping: float = setting("ξ", default=0.1, gt=0, le=1e6, advanced=True)
    """Keeps Ω finite where a parameter did not move."""


class LwfStrategy(StrategyPart):
    """Learning without forgetting (Li and Hoiem 2017): old heads must answer new images as before."""

    label: ClassVar = "LwF"
    implementation: ClassVar = "anpyc.strategies.lwf:Lwf"
    state_bytes: ClassVar = 4

    kind: Literal["lwf"] = "lwf"
    lam: float = setting("λ", default=1.0, ge=0, le=1e6)
    """Weight of the distillation of each earlier task."""
    temperature: float = setting("Temperature", short="T", default=2.0, gt=0, le=100)
    """Softens the outputs that are compared."""


class PacknetStrategy(StrategyPart):
    """PackNet (Mallya and Lazebnik 2018): each task keeps its largest weights, frozen, and is tested with
    them alone."""

    label: ClassVar = "PackNet"
    implementation: ClassVar = "anpyc.strategies.packnet:Packnet"
    stacks: ClassVar = True
    state_bytes: ClassVar = 6
    tested_bytes: ClassVar = 2
    recorded_bytes: ClassVar = 2.0

    kind: Literal["packnet"] = "packnet"
    prune_percent: float = setting("Pruned per task", "%", short="pruned", default=75.0, gt=0, lt=100)
    """Share of the weights still free that each task gives back."""
    retrain_epochs: int = setting("Retraining", "epochs", short="retrained", default=3, ge=0, le=10_000)
    """Epochs of training after pruning."""

    def round_epochs(self, task: int, tasks: int) -> tuple[int, ...]:
        return () if task == tasks - 1 else (self.retrain_epochs,)

    def tests_with_own_parameters(self, scenario: Scenario) -> bool:
        return True


class SingleHeadStrategy(StrategyPart):
    """One head for all tasks, even where the task is known, and nothing against forgetting."""

    label: ClassVar = "Single head"
    implementation: ClassVar = "anpyc.strategies.single_head:SingleHead"
    stacks: ClassVar = True
    shared_head: ClassVar = True

    kind: Literal["single_head"] = "single_head"


class FrozenStrategy(StrategyPart):
    """The body is trained on the first task only; later tasks train their heads."""

    label: ClassVar = "Frozen features"
    implementation: ClassVar = "anpyc.strategies.frozen:Frozen"
    stacks: ClassVar = True

    kind: Literal["frozen"] = "frozen"


class JointStrategy(StrategyPart):
    """Each task is trained together with all data of the earlier ones: the upper bound."""

    label: ClassVar = "Joint training"
    implementation: ClassVar = "anpyc.strategies.joint:Joint"
    keeps_data: ClassVar = True

    kind: Literal["joint"] = "joint"


STRATEGIES = Kinds(
    "strategy",
    StrategyPart,
    AnpycStrategy,
    EwcStrategy,
    OnlineEwcStrategy,
    MasStrategy,
    SiStrategy,
    LwfStrategy,
    PacknetStrategy,
    FinetuneStrategy,
    SingleHeadStrategy,
    FrozenStrategy,
    JointStrategy,
)
Strategy = Annotated[StrategyPart, STRATEGIES]
