"""Reading AWS, area by area: each module fills the sections of one part of the evidence."""
