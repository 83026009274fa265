"""A system's folder and somebody's answers become CloudFormation templates. Pure: asks nobody, writes nothing.

system = load_system("some-system")                 manifest.py
layers = [from_flags(…), from_environment(…), read_answers(path)]
settled = settle(system.schema, layers, facts)      answers.py, answers_files.py
stacks = render(system, settled.require().values, facts)    render.py
broken = broken_rules(stacks, facts)                rules/
"""
