"""A site with a small catalogue, and people in front of it."""

from tests.support.fixtures import guest as guest
from tests.support.fixtures import reader as reader
from tests.support.fixtures import shelf_app as shelf_app
