# Limner in a container. Targets: slim (the default: the API, and workers on the CPU) and cuda (workers on a GPU).
#
#   docker build -t limner .
#   docker build -t limner:cuda --target cuda .

ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
RUN python -m venv /opt/limner
COPY requirements.txt requirements-otel.txt requirements-upstreams.txt requirements-classifiers.txt ./
# Complete and pinned, so nothing is resolved, and nothing comes in beside it.
RUN /opt/limner/bin/pip install --no-deps -r requirements.txt -r requirements-otel.txt -r requirements-upstreams.txt \
    -r requirements-classifiers.txt
COPY pyproject.toml README.md ./
COPY src src
RUN /opt/limner/bin/pip install --no-deps --no-build-isolation .

# The wheels of torch bring CUDA with them; the host brings the driver. ENGINE_PACKAGES are further engines: any
# packages with an entry point in the group limner.engines.
FROM build AS build-cuda
ARG TORCH=torch==2.13.0
ARG ENGINE_PACKAGES=""
COPY requirements-gpu.txt ./
RUN /opt/limner/bin/pip install -c requirements.txt "${TORCH}" ${ENGINE_PACKAGES} \
    && /opt/limner/bin/pip install --no-deps -r requirements-gpu.txt

FROM ${PYTHON} AS slim
ENV PATH=/opt/limner/bin:$PATH PYTHONUNBUFFERED=1 LIMNER_DATA_DIR=/data LIMNER_LOG_FORMAT=json
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data limner \
    && install -d -o limner -g limner -m 700 /data
COPY --from=build /opt/limner /opt/limner
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000 9464
ENTRYPOINT ["limner"]
CMD ["serve", "--host", "0.0.0.0"]

FROM slim AS cuda
# Weights are fetched into the volume, and stay there.
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility HF_HOME=/data/huggingface
COPY --from=build-cuda /opt/limner /opt/limner
CMD ["worker"]

# The last one is what is built when none is named.
FROM slim
