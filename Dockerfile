# One image for server and worker; what it does is the command's choice.

FROM node:24-bookworm-slim AS frontend
WORKDIR /build/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY frontend/ ./
# The page on numbers is built in.
COPY docs/numbers.md /build/docs/
RUN npm run build

FROM python:3.13-slim-bookworm
# For a smaller image without CUDA give pip another source of torch, for example
#   docker compose build --build-arg PIP_ARGUMENTS="--extra-index-url <address of torch's CPU wheels>"
ARG PIP_ARGUMENTS=""
ENV PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY pyproject.toml constraints.txt README.md ./
COPY backend/ backend/
COPY worker/ worker/
COPY frontend/wheel_hook.py frontend/wheel_hook.py
COPY --from=frontend /build/frontend/dist frontend/dist
RUN pip install --constraint constraints.txt ${PIP_ARGUMENTS} ".[s3]" && rm -rf /build
RUN useradd --create-home --uid 1000 anpyc && install -d -o anpyc -g anpyc /data /datasets
USER anpyc
WORKDIR /home/anpyc
ENV ANPYC_DATA_DIR=/data ANPYC_DATASETS_DIR=/datasets
EXPOSE 8000
# Workers give their runs back on SIGTERM; a moment is enough.
STOPSIGNAL SIGTERM
ENTRYPOINT ["anpyc"]
CMD ["up", "--help"]
