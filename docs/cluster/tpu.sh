#!/bin/bash
# A training on a TPU VM of one host:  NAME=v5e ZONE=us-west4-a docs/cluster/tpu.sh
#
# The data lie on the VM's own disk or one attached to it; the run's folder must
# outlive the VM: a mounted bucket or an attached disk.  A preempted VM gets SIGTERM,
# saves, and is gone: make it again and start this line again; `--resume auto` goes on.
# Not tried: we had no TPU.
gcloud compute tpus tpu-vm ssh "$NAME" --zone "$ZONE" --command "
    pip install deephar tensorflow-tpu &&
    deephar train mpii_singleperson --device tpu --precision bfloat16 \
        --data /data/datasets --logdir /data/runs/mpii --batch-size 192 --workers 48 \
        --resume auto"
