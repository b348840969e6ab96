"""The built-in model at run time: words, scene map, picture, full size. Runs on OpenVINO, without torch.

How it is made is in training/; what it can and cannot do is in the model card beside the weights.
"""
