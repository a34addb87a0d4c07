"""OpenGL without a screen: makes a context of Mesa's software renderer current, for what draws with Qt's platform `offscreen`.

That platform has windows but no OpenGL unless an X server runs. napari asks OpenGL for its limits when it shows a layer, and
draws with what is current in the thread.
"""

import ctypes
import os


def make_current():
    """Makes a context current in this thread, before anything imports PyOpenGL or vispy. A second call does nothing.

    Returns:
      None, or a sentence on why there is none.
    """
    if _MADE:
        return None
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.update(PYOPENGL_PLATFORM="egl", EGL_PLATFORM="surfaceless")
    try:
        from OpenGL import EGL

        display = EGL.eglGetDisplay(EGL.EGL_DEFAULT_DISPLAY)
        EGL.eglInitialize(display, ctypes.c_int(), ctypes.c_int())
        EGL.eglBindAPI(EGL.EGL_OPENGL_API)
        wanted = (EGL.EGL_SURFACE_TYPE, EGL.EGL_PBUFFER_BIT, EGL.EGL_RENDERABLE_TYPE, EGL.EGL_OPENGL_BIT, EGL.EGL_DEPTH_SIZE, 24)
        config, count = (EGL.EGLConfig * 1)(), ctypes.c_int()
        EGL.eglChooseConfig(display, _list_of(*wanted), config, 1, count)
        if not count.value:
            return "EGL has no software OpenGL here (Mesa: libegl-mesa0, libgl1-mesa-dri)"
        context = EGL.eglCreateContext(display, config[0], EGL.EGL_NO_CONTEXT, None)
        surface = EGL.eglCreatePbufferSurface(display, config[0], _list_of(EGL.EGL_WIDTH, 16, EGL.EGL_HEIGHT, 16))
        EGL.eglMakeCurrent(display, surface, surface, context)
    except Exception as error:  # no library, no driver: each says it in a way of its own
        return f"EGL cannot start ({type(error).__name__}: {' '.join(str(error).split())[:100]})"
    _MADE.append(context)
    return None


_MADE = []


def _list_of(*numbers):
    from OpenGL import EGL

    return (ctypes.c_int * (len(numbers) + 1))(*numbers, EGL.EGL_NONE)
