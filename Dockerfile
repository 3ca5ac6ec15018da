FROM node:22-trixie-slim AS designer
WORKDIR /src
ENV NEXT_TELEMETRY_DISABLED=1
COPY ui/package.json ui/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY ui .
RUN npm run build

FROM python:3.13-slim-trixie AS build
WORKDIR /src
RUN python -m venv /opt/pastetrader
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN /opt/pastetrader/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY . .
RUN /opt/pastetrader/bin/pip install --no-cache-dir --no-deps .

FROM python:3.13-slim-trixie
RUN apt-get update \
    && apt-get install -y --no-install-recommends bubblewrap util-linux \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --uid 10001 pastetrader \
    && install -d -o pastetrader -g pastetrader /var/lib/pastetrader/artifacts
COPY --from=build /opt/pastetrader /opt/pastetrader
COPY --from=designer /src/out /opt/pastetrader/share/designer
COPY examples /opt/pastetrader/share/examples
ENV PASTETRADER_DESIGNER=/opt/pastetrader/share/designer PASTETRADER_EXAMPLES=/opt/pastetrader/share/examples
ENV PATH=/opt/pastetrader/bin:$PATH PYTHONUNBUFFERED=1
USER pastetrader
WORKDIR /var/lib/pastetrader
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["pastetrader"]
CMD ["api", "--host", "0.0.0.0"]
