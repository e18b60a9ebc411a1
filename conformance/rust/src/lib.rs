//! Nothing: the tests are in `tests/`, the functions that Python tests run in `examples/`.
