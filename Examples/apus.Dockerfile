# Apus in an empty image: the static program, its pages, and a folder for the data. Built by ./images.
FROM scratch
COPY --chown=65534:65534 data /data
COPY files /
USER 65534:65534
EXPOSE 9090
VOLUME /data
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s --retries=2 \
    CMD ["/apus", "query", "instant", "--server", "http://127.0.0.1:9090", "vector(1)"]
ENTRYPOINT ["/apus"]
CMD ["--config.file=/etc/apus/prometheus.yml", "--storage.tsdb.path=/data", "--web.listen-address=0.0.0.0:9090"]
