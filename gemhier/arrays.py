"""The types of arrays that the project hands around."""

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

Indices = npt.NDArray[np.intp]
"""Rows or columns of other arrays."""

Booleans = npt.NDArray[np.bool_]

Bytes = npt.NDArray[np.uint8]
"""Pixels of any number of channels, such as (H, W, 4) with how much of each is stone."""

RGB = npt.NDArray[np.uint8]
"""Pictures, (..., H, W, 3) in sRGB."""
