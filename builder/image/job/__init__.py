"""One run of GEOS-Chem Classic inside its container, from S3 to S3: what /app/entrypoint.sh starts.

    entrypoint.sh inputPath outputPath configFile

Input that the configuration names is staged, the run directory created, the model run; results and checkpoints go to
S3 as they appear, and a run that was interrupted goes on from its newest checkpoint. In the image this folder is a
package of its own beside boto3 and PyYAML; it imports nothing else of geos.
"""
