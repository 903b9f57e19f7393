"""Fit a network to crops: heads on frozen features, then everything, resumable after each epoch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np

from gemhier.arrays import Bytes, Float32, Indices
from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.images.crop import mask_background
from gemhier.models.networks.backbones import Backbone
from gemhier.models.networks.gem_network import GemNetwork, average_networks, build_network
from gemhier.models.networks.heads import losses
from gemhier.models.networks.modes import trained_outputs
from gemhier.models.runtime.logits import Logits
from gemhier.pipeline.training import devices, machines
from gemhier.pipeline.training.batches import steps_per_epoch, targets, training_batches
from gemhier.pipeline.training.checkpoint import Checkpoint, load_weights, restore, save_weights
from gemhier.pipeline.training.class_balance import Copies, balance, each_once
from gemhier.pipeline.training.config import Schedule, TrainConfig
from gemhier.pipeline.training.features import load_features
from gemhier.pipeline.training.history import Epoch, EpochLog
from gemhier.pipeline.training.progress_bar import TrainingBar

if TYPE_CHECKING:
    import tensorflow as tf

PREDICT_BATCH = 64


@dataclass(frozen=True)
class Images:
    """Crops with what they show.

    Attributes:
        crops: side in pixels -> (N, side, side, 4) uint8, RGB and how much of each pixel is stone.
        truth: (N,) the column of each picture's label.
        copies: which of them a pass shows, and how; None for each once as it is.
        part_of: all pictures, and (N,) which of them these are; None for all. Frozen features are computed for all
            at once, so that the next part has them too.
    """

    crops: Callable[[int], Bytes]
    truth: Indices
    copies: Copies | None = None
    part_of: "tuple[Images, Indices] | None" = None

    def part(self, rows: Indices) -> "Images":
        """Return some of them, by their places."""
        return Images(lambda size: self.crops(size)[rows], self.truth[rows], part_of=(self, rows))


@dataclass(frozen=True)
class Fitted:
    """A trained network, and how it got there; of several that are averaged, how the first did."""

    network: GemNetwork
    history: tuple[Epoch, ...]


def fit_network(
    space: LabelSpace,
    train: Images,
    validation: Images | None,
    config: TrainConfig,
    *,
    work: Path,
    cache: Path,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
) -> Fitted:
    """Train a network, or several that are averaged.

    Args:
        space: the labels.
        train: pictures to learn from.
        validation: pictures to watch, from which nothing is learnt; None to watch none.
        config: the settings.
        work: folder of the checkpoints. The same call with the same folder goes on after the last
            complete epoch.
        cache: folder for frozen features.
        on_epoch: called after each epoch.

    Raises:
        OutputError: if a checkpoint or the cache cannot be written.
        MissingExtraError: if the backbone's weights are not installed.
        DataError: if they cannot be fetched or read.
    """

    def fit_one(number: int) -> Fitted:
        own, folder = replace(config, seed=config.seed + number), work / f"network-{number}"
        train_set = replace(train, copies=balance(train.truth, own.balance, own.seed)) if own.balance else train
        return _fit_one(
            _Training(
                space=space,
                train=train_set,
                validation=validation,
                config=own,
                backbone=config.backbones[number],
                work=folder,
                cache=cache,
                log=EpochLog(folder / "history.jsonl", lambda epoch: on_epoch(replace(epoch, network=number))),
            )
        )

    fitted = [fit_one(number) for number in range(len(config.backbones))]
    return Fitted(average_networks([one.network for one in fitted]), fitted[0].history)


def predict_logits(network: GemNetwork, crops: Bytes) -> Logits:
    """Return the logits of (N, size, size, 4) crops, whose backdrops are covered first."""
    found = network.whole.predict(mask_background(crops), batch_size=PREDICT_BATCH, verbose=0)
    return Logits.of(found)


def validation_measures(logits: Logits, truth: Indices, space: LabelSpace) -> dict[str, float]:
    """Top-1 accuracy of each head, and of each regional network on its own family's pictures.

    Args:
        logits: of N pictures.
        truth: (N,) the column of each picture's label.
        space: the labels.

    Returns:
        flat_top1, family_top1, and regional_top1/<family> for the families that have such pictures.
    """
    families = space.parents[truth]
    measures = {
        "flat_top1": float((logits.flat.argmax(axis=1) == truth).mean()),
        "family_top1": float((logits.family.argmax(axis=1) == families).mean()),
    }
    for family in space.regional_families:
        column = space.families.index(family)
        rows, labels = np.flatnonzero(families == column), np.flatnonzero(space.parents == column)
        if len(rows):
            best = labels[logits.regional[np.ix_(rows, labels)].argmax(axis=1)]
            measures[f"regional_top1/{family}"] = float((best == truth[rows]).mean())
    return measures


@dataclass(frozen=True, kw_only=True)
class _Training:
    """What stays the same while one network is trained: what `fit_network` was given, for this network alone.

    Attributes:
        train: with the copies that balance its classes.
        config: with the network's own seed.
        backbone: its own.
        work: the folder of its checkpoints.
        log: its epochs.
    """

    space: LabelSpace
    train: Images
    validation: Images | None
    config: TrainConfig
    backbone: Backbone
    work: Path
    cache: Path
    log: EpochLog

    @property
    def schedule(self) -> Schedule:
        return self.config.phases

    @property
    def outputs(self) -> tuple[str, ...]:
        return trained_outputs(self.config.mode, self.config.loss)


def _fit_one(training: _Training) -> Fitted:
    config, pretrained = training.config, training.backbone.pretrained
    keras.utils.set_random_seed(config.seed)
    if config.strategy == devices.MACHINES:
        network = _fit_over_machines(training)
    else:
        with devices.scope(config.strategy):
            network = _build(training, mixed_precision=config.mixed_precision)
            if pretrained:
                _fit_heads(network, training)
            if training.schedule.stages(pretrained=pretrained):
                _fit_everything(network, training)
    if config.mixed_precision or devices.replicas(config.strategy) > 1:
        trained = network.whole.get_weights()
        network = _build(training, mixed_precision=False)
        network.whole.set_weights(trained)
    return Fitted(network, tuple(training.log.epochs))


def _fit_over_machines(training: _Training) -> GemNetwork:
    """Fit as on one machine, but the whole network in step with the others; heads and measures are the leader's."""
    config, pretrained = training.config, training.backbone.pretrained
    alone = _build(training, mixed_precision=config.mixed_precision)
    if pretrained and machines.place().leads:
        _fit_heads(alone, training)
    with devices.scope(config.strategy):
        network = _build(training, mixed_precision=config.mixed_precision)
        network.whole.set_weights(machines.from_leader(alone.whole.get_weights()))
    if training.schedule.stages(pretrained=pretrained):
        _fit_everything(network, training, measured=alone)
    return network


def _build(training: _Training, *, mixed_precision: bool) -> GemNetwork:
    schedule = training.schedule
    return build_network(
        training.backbone,
        training.space,
        size=training.config.size,
        mode=training.config.mode,
        loss=training.config.loss,
        dropout=schedule.dropout,
        hidden=schedule.hidden,
        l2=schedule.l2,
        mixed_precision=mixed_precision,
    )


class _Report(keras.callbacks.Callback):
    """Measure on the validation pictures after each epoch, and log it."""

    def __init__(self, phase: str, first: int, log: EpochLog, measure: Callable[[], dict[str, float]]) -> None:
        super().__init__()
        self.phase = phase
        self.first = first
        self.log = log
        self.measure = measure

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        loss = float((logs or {})["loss"])
        self.log.add(Epoch(self.phase, self.first + epoch, loss, self.measure()))


def _fit_heads(network: GemNetwork, training: _Training) -> None:
    train, validation, schedule = training.train, training.validation, training.schedule
    weights = training.work / "heads.weights.h5"
    if load_weights(network.heads, weights):
        return

    def features(images: Images, views: int) -> Float32:
        if images.part_of and not images.copies:
            whole, rows = images.part_of
            return features(whole, views)[:, rows]
        return load_features(
            network.extractor,
            images.crops(network.size),
            views=views,
            augmentation=schedule.augmentation,
            seed=training.config.seed,
            cache_folder=training.cache,
            copies=images.copies,
        )

    # Turned and mirrored copies are views themselves.
    views = features(train, 1 if train.copies else schedule.views)
    seen = features(validation, 1)[0] if validation is not None else None
    network.standardise(views.reshape(-1, views.shape[-1]))
    # Every picture is there once for each view: a step sees as many different pictures as later.
    batch = schedule.batch * len(views)
    steps = schedule.head_epochs * steps_per_epoch(views.shape[0] * views.shape[1], batch)
    # Whether the features came from the cache must not change what follows.
    keras.utils.set_random_seed(training.config.seed)
    _compile(network.heads, training, [(steps, schedule.head_rate)])
    shown = train.truth[train.copies.rows] if train.copies else train.truth
    truth = np.tile(shown, len(views))

    def measure() -> dict[str, float]:
        if validation is None:
            return {}
        found = {name: np.asarray(values) for name, values in network.heads(seen, training=False).items()}
        logits = Logits.of(found)
        return validation_measures(logits, validation.truth, network.space)

    network.heads.fit(
        views.reshape(-1, views.shape[-1]),
        targets(truth, network.space, training.outputs),
        batch_size=batch,
        epochs=schedule.head_epochs,
        verbose=0,
        callbacks=[_Report("heads", 1, training.log, measure), TrainingBar("Heads", schedule.head_epochs)],
    )
    save_weights(network.heads, weights)


def _fit_everything(network: GemNetwork, training: _Training, measured: GemNetwork | None = None) -> None:
    """Fit the whole network.

    Args:
        network: to train.
        training: its settings.
        measured: its twin on this machine alone, where the network itself is on several.
    """
    train, validation, schedule, log = training.train, training.validation, training.schedule, training.log
    pretrained = training.backbone.pretrained
    keras.utils.set_random_seed(training.config.seed)
    stages = schedule.stages(pretrained=pretrained)
    epochs = sum(passes for passes, _ in stages)
    if pretrained:
        network.freeze(schedule.frozen_share)
    crops = train.crops(network.size)
    copies = train.copies or each_once(len(crops))
    an_epoch = steps_per_epoch(len(copies), schedule.batch)
    _compile(network.whole, training, [(passes * an_epoch, rate) for passes, rate in stages])
    states = training.work / "states"
    done = restore(network.whole, states)
    if measured:
        done = machines.hand_on(network.whole, done)

    def batches(share: machines.Share | None = None) -> "tf.data.Dataset":
        return training_batches(
            crops,
            targets(train.truth, network.space, training.outputs),
            batch=schedule.batch,
            augmentation=schedule.augmentation,
            seed=training.config.seed,
            steps=range(done * an_epoch, epochs * an_epoch),
            copies=copies,
            share=share,
        )

    def measure() -> dict[str, float]:
        if validation is None:
            return {}
        if measured:
            measured.whole.set_weights(network.whole.get_weights())
        logits = predict_logits(measured or network, validation.crops(network.size))
        return validation_measures(logits, validation.truth, network.space)

    first = 1 + max((epoch.number for epoch in log.epochs if epoch.phase == "heads"), default=0)
    callbacks = [
        _Report("everything", first, log, measure),
        TrainingBar("Whole network", epochs),
        Checkpoint(states),
    ]
    if measured:
        own = callbacks if machines.place().leads else []
        machines.fit(network.whole, batches, initial_epoch=done, epochs=epochs, steps_per_epoch=an_epoch, callbacks=own)
        return
    network.whole.fit(
        batches(),
        initial_epoch=done,
        epochs=epochs,
        steps_per_epoch=an_epoch,
        shuffle=False,  # the batches come shuffled
        verbose=0,
        callbacks=callbacks,
    )


def _compile(model: keras.Model, training: _Training, stages: Sequence[tuple[int, float]]) -> None:
    """Give a model its optimizer and losses.

    Args:
        model: what is trained.
        training: of what.
        stages: steps, and the highest learning rate of these.
    """
    schedule, config = training.schedule, training.config
    chosen = _constant(stages) if schedule.constant else _rising_and_falling(stages)
    with model.distribute_strategy.scope():
        if schedule.weight_decay:
            optimizer = keras.optimizers.AdamW(chosen, weight_decay=schedule.weight_decay)
            optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        else:
            optimizer = keras.optimizers.Adam(chosen)
        optimizer.build(model.trainable_variables)
        chosen_losses = losses(training.space, config.mode, schedule.smoothing, config.loss)
        model.compile(optimizer, loss=chosen_losses, jit_compile=False)


def _constant(stages: Sequence[tuple[int, float]]) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """Each stage's rate from its first step to its last."""
    rates = [rate for _, rate in stages]
    if len(rates) == 1:
        return rates[0]
    ends = np.cumsum([steps for steps, _ in stages])
    # A boundary is the last step of a rate, and steps are counted from 0.
    return keras.optimizers.schedules.PiecewiseConstantDecay((ends[:-1] - 1).tolist(), rates)


def _rising_and_falling(stages: Sequence[tuple[int, float]]) -> keras.optimizers.schedules.LearningRateSchedule:
    """From a tenth of the rate up to it, then down along a half cosine."""
    ((steps, rate),) = stages
    return keras.optimizers.schedules.CosineDecay(
        0.1 * rate, max(1, steps), alpha=0.01, warmup_target=rate, warmup_steps=max(1, steps // 20)
    )
