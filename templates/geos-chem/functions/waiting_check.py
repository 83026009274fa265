"""How long has the oldest job been waiting? Sends figures to CloudWatch while there are jobs or instances."""

import os
import time

import boto3

batch = boto3.client("batch")
cloudwatch = boto3.client("cloudwatch")


def listed(queue, status):
    pages = batch.get_paginator("list_jobs").paginate(jobQueue=queue, jobStatus=status)
    return [job for page in pages for job in page["jobSummaryList"]]


def figure(name, value, dimensions=()):
    return {"MetricName": name, "Value": value, "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions]}


def handler(event, context):
    queues = os.environ["QUEUES"].split(",")
    waiting = [job for queue in queues for job in listed(queue, "RUNNABLE")]
    running = [job for queue in queues for job in listed(queue, "RUNNING")]
    environments = batch.describe_compute_environments(computeEnvironments=os.environ["ENVIRONMENTS"].split(","))
    vcpus = {
        e["computeEnvironmentName"]: e["computeResources"].get("desiredvCpus", 0)
        for e in environments["computeEnvironments"]
    }
    if not (waiting or running or any(vcpus.values())):
        return {"sent": 0}
    # Batch does not say since when a job is RUNNABLE; its age is the nearest it tells.
    oldest = min((job["createdAt"] for job in waiting), default=time.time() * 1000)
    figures = [
        figure("JobsWaiting", len(waiting)),
        figure("JobsRunning", len(running)),
        figure("OldestWaitingMinutes", (time.time() - oldest / 1000) / 60),
        *(figure("DesiredVcpus", count, [("ComputeEnvironment", name)]) for name, count in vcpus.items()),
    ]
    cloudwatch.put_metric_data(Namespace=os.environ["NAMESPACE"], MetricData=figures)
    return {"sent": len(figures)}
