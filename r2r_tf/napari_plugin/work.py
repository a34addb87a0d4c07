"""Work beside the viewer: a button that starts it in a thread, its progress, a button that stops it, a sentence on the end."""

import logging
import re
import threading

from napari.qt.threading import create_worker
from napari.utils import notifications
from qtpy import QtCore, QtWidgets
from qtpy.compat import isalive

from r2r_tf.errors import TENSORFLOW_MISSING, InputError, in_short, os_sentence

# parameters of the library -> what they are called on the screen
_LABELS = {"model": "Weights", "noise": "Noise", "sigma": "Sigma", "epochs": "Epochs", "workdir": "Folder of the run"}
_FINE = 1000  # steps of the bar


class Stopped(Exception):
    """Somebody pressed Cancel."""


_STOPPED = object()


class Failed(str):
    """A sentence on what went wrong."""


class Work(QtWidgets.QWidget):
    """Two buttons, a bar and a sentence."""

    ended = QtCore.Signal()
    _told = QtCore.Signal(object, object, str)

    def __init__(self, label, start, after_stop):
        """A panel.

        Args:
          label: of the button that starts.
          start: is called when that is pressed; it may call `begin`.
          after_stop: what is said after Cancel.
        """
        super().__init__()
        self._stop, self._after_stop, self._worker = threading.Event(), after_stop, None
        self.run, self.cancel = QtWidgets.QPushButton(label), QtWidgets.QPushButton("Cancel")
        self.bar, self.said = QtWidgets.QProgressBar(), QtWidgets.QLabel()
        self.bar.setTextVisible(False)
        self.said.setWordWrap(True)
        self.said.setTextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
        self.cancel.setEnabled(False)
        self.run.clicked.connect(start)
        self.cancel.clicked.connect(self.stop)
        self._told.connect(self._show)
        # work whose panel is gone stops
        self.destroyed.connect(self._stop.set)
        buttons = QtWidgets.QHBoxLayout()
        buttons.addWidget(self.run)
        buttons.addWidget(self.cancel)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(buttons)
        layout.addWidget(self.bar)
        layout.addWidget(self.said)

    def begin(self, function, on_done):
        """Runs a function in a thread.

        Args:
          function: of `on_progress` (done, total, words), which raises `Stopped` after Cancel.
          on_done: is called with what it returned, in the thread of the viewer.
        """
        if self._worker is not None:
            return
        self._stop.clear()
        self.run.setEnabled(False)
        self.cancel.setEnabled(True)
        self.bar.setRange(0, 0)
        self.say("")
        self._worker = create_worker(lambda: _in_new_thread(lambda: self._guarded(function)), _start_thread=False)
        self._worker.returned.connect(lambda result: self._end(result, on_done))
        self._worker.start()

    def stop(self):
        """Asks the work to end at its next step."""
        self._stop.set()
        self.cancel.setEnabled(False)
        self.say("Stopping.")

    def say(self, words):
        """Shows a sentence."""
        self.said.setText(words)

    def fail(self, error):
        """Shows what went wrong, here and in the viewer."""
        words = sentence(error)
        self.say(words)
        notifications.show_error(words)

    def _guarded(self, function):
        try:
            return function(self._progress)
        except Stopped:
            # an exception that is returned would count as raised
            return _STOPPED
        except Exception as error:
            return Failed(sentence(error))

    def _progress(self, done, total, words):
        if self._stop.is_set():
            raise Stopped
        self._told.emit(done, total, words)

    def _show(self, done, total, words):
        if self._stop.is_set() or self._worker is None:
            return
        self.bar.setRange(0, _FINE if total else 0)
        self.bar.setValue(int(_FINE * done / total) if total else 0)
        self.say(f"{words} ..." if words else "")

    def _end(self, result, on_done):
        if not isalive(self):
            return
        self._worker = None
        stopped = result is _STOPPED
        failed = stopped or isinstance(result, Failed)
        self.bar.setRange(0, _FINE)
        self.bar.setValue(0 if failed else _FINE)
        self.run.setEnabled(True)
        self.cancel.setEnabled(False)
        if stopped:
            self.say(self._after_stop)
        elif failed:
            self.say(result)
            notifications.show_error(result)
        else:
            on_done(result)
        self.ended.emit()


def _in_new_thread(function):
    """What it returns. In threads of Qt's pool the second use of TensorFlow ended with a segmentation fault; in new ones none."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function()), daemon=True)
    thread.start()
    thread.join()
    return results[0]


def sentence(error):
    """What an error says, in the words of the screen."""
    if isinstance(error, InputError):
        return re.sub(r"`(\w+)(=[^`]*)?`", lambda own: _LABELS.get(own[1], own[1]) + (own[2] or ""), str(error))
    if isinstance(error, MemoryError):
        return "There is not enough memory: close other images, or crop this one."
    if isinstance(error, OSError):
        return os_sentence(error)
    if isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] == "tensorflow":
        return TENSORFLOW_MISSING
    # a mistake of the package: its traceback goes to the log
    logging.getLogger("r2r_tf").error("napari plugin", exc_info=error)
    return f"This should not have happened ({type(error).__name__}: {in_short(error)}). Please report it; the log has more."
