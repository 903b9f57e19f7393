"""Networks as the page takes them."""


def of_one_picture(content: bytes) -> bytes:
    """Return an exported network that takes one picture at a time, since LiteRT.js takes no batch of unknown size.

    In the file a tensor has a shape, in which an unknown length stands as 1, and a signature of it, in which it stands
    as -1 (`Tensor` in LiteRT's schema.fbs). The signatures are made equal to the shapes, in their places.

    Args:
        content: a LiteRT file that can be loaded.
    """
    from ai_edge_litert.schema_py_generated import Model  # takes 0.2 s

    changed = bytearray(content)
    model = Model.GetRootAs(changed)
    for graph in map(model.Subgraphs, range(model.SubgraphsLength())):
        for tensor in map(graph.Tensors, range(graph.TensorsLength())):
            if not tensor.ShapeSignatureIsNone():
                signature, shape = tensor.ShapeSignatureAsNumpy(), tensor.ShapeAsNumpy()  # views of the bytes
                signature[signature == -1] = shape[signature == -1]
    return bytes(changed)
