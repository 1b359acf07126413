"""Every setting of Siaga, read from the environment; each has a line in docs/operating.md. One module for each subject; no logic
beyond reading values."""

from commandcenter.settings.door import *
from commandcenter.settings.keeping import *
from commandcenter.settings.logs import *
from commandcenter.settings.parts import *
from commandcenter.settings.place import *
from commandcenter.settings.services import *
from commandcenter.settings.signing_in import *
