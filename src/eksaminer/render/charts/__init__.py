"""Charts: pictures of what an assessment holds, each with alternative text and the table of its values.

Every chart is a function of the assessment that answers None where there is nothing to draw. What a colour says, a
shape, a dash or a word says too, so that a chart can be read in print, in the dark and without colours.
"""
