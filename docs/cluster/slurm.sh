#!/bin/bash
# A training on the GPUs of two nodes, one task for each GPU:  sbatch docs/cluster/slurm.sh
#
# DATA and RUN lie on a disk that all nodes see.  Near the end of its time, and when
# it is preempted, every task gets SIGTERM, saves and ends with 143; the job is queued
# again, and `--resume auto` goes on.  A node that fails is replaced in the same way.
#SBATCH --job-name=deephar
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --gpus-per-task=1
#SBATCH --cpus-per-task=8
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=TERM@300

DATA=${DATA:-/shared/datasets}
RUN=${RUN:-/shared/runs/mpii}
STOPPED=143

# Two jobs of one user may share a node: each has ports of its own.
PORT=$((20000 + SLURM_JOB_ID % 1000 * 10))

srun --kill-on-bad-exit=0 deephar train mpii_singleperson --device "slurm:$PORT" \
    --data "$DATA" --logdir "$RUN" --batch-size 192 --workers 8 --resume auto
code=$?
if [ "$code" = "$STOPPED" ]; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
