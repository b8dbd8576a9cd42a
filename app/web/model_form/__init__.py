"""A form made from a model: an input for each of its fields, at any depth, and what was typed back as a change of it."""

from __future__ import annotations

from app.web.model_form.fields import Column, FormField, Input, fields_of_form, with_choices
from app.web.model_form.form import ModelForm

__all__ = ["Column", "FormField", "Input", "ModelForm", "fields_of_form", "with_choices"]
