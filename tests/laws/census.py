"""Every kind of thing that the house has several of, with all places where each of them must stand.

A new layer, loss, command, ... is entered in each of its places; the law in `test_census.py` names
those that were forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.laws import places_of_maths, places_of_tables
from tests.laws.places import Place

KINDS: Mapping[str, Callable[[], list[Place]]] = {
    "public name": places_of_maths.public_names,
    "layer": places_of_maths.layers,
    "operation": places_of_maths.operations,
    "operation of a graph": places_of_maths.operations_of_a_graph,
    "operation of a walk": places_of_maths.operations_of_a_walk,
    "activation": places_of_maths.activations,
    "loss": places_of_maths.losses,
    "optimizer": places_of_maths.optimizers,
    "schedule": places_of_maths.schedules,
    "name of a schedule": places_of_maths.names_of_schedules,
    "initializer": places_of_maths.initializers,
    "name of an initializer": places_of_maths.names_of_initializers,
    "setting of a penalty": places_of_maths.settings_of_a_penalty,
    "engine": places_of_maths.engines,
    "command": places_of_tables.commands,
    "recipe": places_of_tables.recipes,
    "setting of a recipe": places_of_tables.settings_of_a_recipe,
    "setting of a fit": places_of_tables.settings_of_a_fit,
    "task": places_of_tables.tasks,
    "kind of column": places_of_tables.kinds_of_columns,
    "coding of columns": places_of_tables.codings,
    "way of writing": places_of_tables.ways_of_writing,
    "ending of a table": places_of_tables.endings_of_tables,
    "format of the model file": places_of_tables.formats_of_the_model_file,
    "field of the model file": places_of_tables.fields_of_the_model_file,
    "part of a model": places_of_tables.parts_of_a_model,
}
